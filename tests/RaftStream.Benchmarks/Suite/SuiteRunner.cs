using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RaftStream.Cli.Bench;
using RaftStream.Cli.Processes;

namespace RaftStream.Benchmarks.Suite;

/// <summary>Runs one case once: a fresh broker on a fresh folder, and a client process.</summary>
internal sealed class SuiteRunner(SuiteOptions options)
{
    private const double MiB = 1024 * 1024;

    // An idle broker: what its start left behind has settled.
    private static readonly TimeSpan UntilIdle = TimeSpan.FromSeconds(3);

    /// <summary>Runs a case, and adds its figures by name.</summary>
    public async Task RunAsync(
        SuiteCase suiteCase, Dictionary<string, Samples> figures, CancellationToken cancellationToken)
    {
        string folder = Directory.CreateDirectory(Path.Combine(options.Folder, $"raftstream-suite-{Environment.ProcessId}")).FullName;
        try
        {
            if (suiteCase.Kind == CaseKind.Embedded)
            {
                await EmbeddedStart.MeasureAsync(folder, (name, value) => Add(figures, name, value), cancellationToken);
                return;
            }

            if (suiteCase.Kind == CaseKind.Throughput)
            {
                PageCache.Touch(folder, options.PrewarmBytes);
            }

            string data = Path.Combine(folder, "data");
            await using BrokerProcess broker = await BrokerProcess.StartAsync(
                options.Command, data, BrokerPorts.Free(), ["--logging-level", "warning"], cancellationToken);
            await (suiteCase.Kind == CaseKind.Startup
                ? MeasureIdleAsync(broker, figures, cancellationToken)
                : MeasureClientAsync(suiteCase, broker, data, figures, cancellationToken));
            await broker.StopAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureIdleAsync(
        BrokerProcess broker, Dictionary<string, Samples> figures, CancellationToken cancellationToken)
    {
        Add(figures, "readyMs", broker.ReadyAfter.TotalMilliseconds);
        await Task.Delay(UntilIdle, cancellationToken);
        Add(figures, "idleResidentMiB", (ProcFiles.ResidentBytes(broker.Pid) ?? 0) / MiB);
    }

    private async Task MeasureClientAsync(
        SuiteCase suiteCase, BrokerProcess broker, string data, Dictionary<string, Samples> figures, CancellationToken cancellationToken)
    {
        List<string> arguments =
        [
            "bench", .. suiteCase.Arguments,
            "--bootstrap", broker.Ports.Endpoint,
            "--broker-pid", broker.Pid.ToString(CultureInfo.InvariantCulture),
            "--warm-up", Seconds(options.WarmUp),
            "--duration", Seconds(options.Duration),
            "--output", "json",
        ];
        if (suiteCase.Kind == CaseKind.Latency)
        {
            arguments.AddRange(["--data", data]);
        }

        JsonElement result = await RunClientAsync(arguments, cancellationToken);
        IEnumerable<(string Name, string[] Path)> wanted = suiteCase.Kind == CaseKind.Latency ? Figures.Latency : Figures.Throughput;
        foreach ((string name, string[] path) in wanted)
        {
            if (Figures.Find(result, path) is { } value)
            {
                Add(figures, name, value);
            }
        }
    }

    private async Task<JsonElement> RunClientAsync(List<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(options.Command, arguments) { RedirectStandardOutput = true };
        using Process client = Process.Start(start)!;
        string output = await client.StandardOutput.ReadToEndAsync(cancellationToken);
        await client.WaitForExitAsync(cancellationToken);
        return client.ExitCode == 0
            ? JsonDocument.Parse(output).RootElement
            : throw new InvalidOperationException($"raftstream {string.Join(' ', arguments)} ended with {client.ExitCode}.");
    }

    private static void Add(Dictionary<string, Samples> figures, string name, double value)
    {
        if (!figures.TryGetValue(name, out Samples? samples))
        {
            samples = new Samples();
            figures.Add(name, samples);
        }

        samples.Add(value);
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###s", CultureInfo.InvariantCulture);
}
