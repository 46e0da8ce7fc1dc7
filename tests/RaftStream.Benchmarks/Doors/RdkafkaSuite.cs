using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using RaftStream.Benchmarks.Suite;
using RaftStream.Cli.Output;
using Spectre.Console;

namespace RaftStream.Benchmarks.Doors;

/// <summary><c>kafka-librdkafka</c>: librdkafka's own performance program against one broker, flush=os, acks=all.</summary>
internal static partial class RdkafkaSuite
{
    /// <summary>Where the program is.</summary>
    public const string Variable = "RAFTSTREAM_RDKAFKA_PERFORMANCE";

    /// <summary>How to come by it.</summary>
    public const string HowToGet =
        $"librdkafka's examples/rdkafka_performance.c, which no package has: build it in librdkafka's source (./configure && make -C src && make -C examples rdkafka_performance). Default: ${Variable}";

    private static readonly (int Bytes, int Partitions, long Records)[] Cases = [(100, 1, 10_000_000), (100, 12, 10_000_000), (1 << 10, 1, 2_000_000), (1 << 10, 12, 2_000_000)];

    /// <param name="command">A published raftstream.</param>
    /// <param name="program">Null is not known.</param>
    /// <param name="percent">Of the usual number of records.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string command, string? program, int rounds, int percent)
    {
        using var console = CliConsole.OfProcess();
        if (!File.Exists(program))
        {
            console.Error.WriteLine($"error: there is no program \"{program}\". It is {HowToGet}.");
            return 1;
        }

        var figures = new Dictionary<string, Dictionary<string, Samples>>();
        await using (DoorBroker broker = await DoorBroker.StartAsync(command))
        {
            for (int round = 1; round <= rounds; round++)
            {
                foreach ((int bytes, int partitions, long usual) in Cases)
                {
                    long records = usual * percent / 100;
                    console.Error.WriteLine($"round {round} of {rounds}: {bytes} B, {partitions} partitions");
                    broker.Prewarm();
                    string topic = await broker.CreateAsync(partitions);
                    string[] common = ["-t", topic, "-b", broker.Ports.KafkaEndpoint, "-c", $"{records}", "-q"];
                    string name = $"{bytes} B, {partitions} partition{(partitions == 1 ? "" : "s")}";
                    await RunAsync(broker, program, ["-P", .. common, "-s", $"{bytes}", "-a", "-1"], records, bytes, Of(figures, $"produce {name}"));
                    IEnumerable<string> all = Enumerable.Range(0, partitions).SelectMany(partition => (string[])["-p", $"{partition}"]);
                    await RunAsync(broker, program, ["-C", .. common, "-o", "beginning", .. all], records, bytes, Of(figures, $"consume {name}"));
                    await broker.DeleteAsync(topic);
                }
            }
        }

        Print(console, figures);
        return 0;
    }

    private static async Task RunAsync(
        DoorBroker broker, string program, string[] arguments, long records, int bytes, Dictionary<string, Samples> figures)
    {
        DoorUsage before = await broker.ReadAsync();
        double perSecond = await RunAsync(program, arguments, records);
        DoorUsage used = await broker.ReadAsync() - before;
        Of(figures, "records").Add(perSecond / 1e6);
        Of(figures, "megabytes").Add(perSecond * bytes / 1e6);
        Of(figures, "perMillion").Add(used.CpuSeconds / records * 1e6);
        Of(figures, "perGigabyte").Add(used.CpuSeconds / (records * bytes) * 1e9);
    }

    private static async Task<double> RunAsync(string program, string[] arguments, long records)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync() + await errors;
        await process.WaitForExitAsync();
        // The last summary has the total: "% 500000 messages produced (50000000 bytes), 500000 delivered (...) in 1234ms: 405186 msgs/s and ..."
        Match? total = Summary().Matches(output).LastOrDefault();
        bool isWhole = total is not null && long.Parse(total.Groups["records"].Value, CultureInfo.InvariantCulture) >= records;
        return process.ExitCode == 0 && isWhole
            ? double.Parse(total!.Groups["rate"].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output}");
    }

    private static void Print(CliConsole console, Dictionary<string, Dictionary<string, Samples>> figures)
    {
        Table table = Tables.Create("case", "#M records/s", "#MB/s", "#broker CPU s/million", "#s/GB");
        foreach ((string name, Dictionary<string, Samples> of) in figures)
        {
            table.Row(
                name, of["records"].Show(2), of["megabytes"].Show(0), of["perMillion"].Show(3), of["perGigabyte"].Show(2));
        }

        table.Print(console);
    }

    private static T Of<T>(Dictionary<string, T> all, string name)
        where T : new()
    {
        if (!all.TryGetValue(name, out T? one))
        {
            all.Add(name, one = new T());
        }

        return one;
    }

    [GeneratedRegex(@"% (?<records>\d+) messages (produced )?\(.* in \d+ms: (?<rate>\d+) msgs/s")]
    private static partial Regex Summary();
}
