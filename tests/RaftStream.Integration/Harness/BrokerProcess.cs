using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace RaftStream.Integration.Harness;

/// <summary>How a broker process is started.</summary>
internal sealed record BrokerSetup
{
    /// <summary>Its data folder.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Settings besides folder and ports, e.g. <c>--log-flush=os</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Variables of its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Put before the command, e.g. <c>setpriv</c> and its arguments.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>Port of gRPC.</summary>
    public int GrpcPort { get; init; } = FreePorts.Take();

    /// <summary>Port of Kafka clients.</summary>
    public int KafkaPort { get; init; } = FreePorts.Take();

    /// <summary><c>--listeners</c>; null is one without TLS on <see cref="KafkaPort"/>.</summary>
    public string? KafkaListeners { get; init; }

    /// <summary>Port of health and metrics.</summary>
    public int HttpPort { get; init; } = FreePorts.Take();
}

/// <summary>A real <c>raftstream server</c> process. It does not outlive the test.</summary>
internal sealed class BrokerProcess : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Process _process;

    private BrokerProcess(BrokerSetup setup, Process process)
    {
        Setup = setup;
        _process = process;
        Log.Attach(process);
    }

    /// <summary>How it was started; start another one with it to restart.</summary>
    public BrokerSetup Setup { get; }

    /// <summary>What it said.</summary>
    public CapturedLog Log { get; } = new();

    /// <summary>host:port of gRPC.</summary>
    public string Endpoint => $"127.0.0.1:{Setup.GrpcPort}";

    /// <summary>host:port for Kafka clients.</summary>
    public string KafkaEndpoint => $"127.0.0.1:{Setup.KafkaPort}";

    /// <summary>Memory in RAM, bytes.</summary>
    public long ResidentBytes => Kilobytes("VmRSS:") * 1024;

    /// <summary>False once it has ended.</summary>
    public bool IsRunning => !_process.HasExited;

    /// <summary>Starts a process and waits for nothing.</summary>
    public static BrokerProcess Start(BrokerSetup setup)
    {
        string[] arguments =
        [
            "server", "--data", setup.DataDirectory, $"--grpc-port={setup.GrpcPort}", $"--http-port={setup.HttpPort}",
            $"--listeners={setup.KafkaListeners ?? $"PLAINTEXT://127.0.0.1:{setup.KafkaPort}"}", .. setup.Settings,
        ];
        ProcessStartInfo info = RaftStreamCommand.StartInfo(arguments, setup.Wrapper);
        foreach ((string name, string value) in setup.Environment)
        {
            info.Environment[name] = value;
        }

        return new BrokerProcess(setup, Process.Start(info)!);
    }

    /// <summary>Starts a process and waits until it takes requests.</summary>
    public static async Task<BrokerProcess> StartReadyAsync(BrokerSetup setup)
    {
        BrokerProcess broker = Start(setup);
        try
        {
            await broker.WaitReadyAsync();
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until /readyz says yes; fails at once when the process ends.</summary>
    public Task WaitReadyAsync() => Eventually.HoldsAsync(
        async () =>
        {
            Assert.False(_process.HasExited, $"The broker ended before it was ready:\n{Log.Text}");
            return (await TryGetAsync("/readyz"))?.Status == HttpStatusCode.OK;
        },
        () => $"The broker is not ready. Its log:\n{Log.Text}");

    /// <summary>Answer of the HTTP port.</summary>
    public async Task<(HttpStatusCode Status, string Text)> GetAsync(string path) =>
        await TryGetAsync(path) ?? throw new InvalidOperationException($"There is no answer to {path}. The log:\n{Log.Text}");

    /// <summary>kill -9, then waits for the end.</summary>
    public async Task KillAsync()
    {
        ProcessSignal.Send(_process.Id, ProcessSignal.Kill);
        await WaitForExitAsync();
    }

    /// <summary>SIGTERM, then waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> TerminateAsync()
    {
        ProcessSignal.Send(_process.Id, ProcessSignal.Terminate);
        return await WaitForExitAsync();
    }

    /// <summary>SIGSTOP: the process is there and does nothing.</summary>
    public void Suspend() => ProcessSignal.Send(_process.Id, ProcessSignal.Stop);

    /// <summary>SIGCONT.</summary>
    public void Resume() => ProcessSignal.Send(_process.Id, ProcessSignal.Continue);

    /// <summary>Waits for the end, whoever caused it.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WaitForExitAsync()
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The broker does not end. Its log:\n{Log.Text}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await WaitForExitAsync();
        }

        _process.Dispose();
    }

    private async Task<(HttpStatusCode Status, string Text)?> TryGetAsync(string path)
    {
        try
        {
            using HttpResponseMessage answer = await Http.GetAsync(new Uri($"http://127.0.0.1:{Setup.HttpPort}{path}"));
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            // Nobody listens, or nobody answers in time.
            return null;
        }
    }

    private long Kilobytes(string field)
    {
        string line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
