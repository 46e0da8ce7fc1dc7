using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace RaftStream.Cli.Processes;

/// <summary>A broker in a child process: this program again, with <c>server</c>. Killed when disposed.</summary>
internal sealed class BrokerProcess : IAsyncDisposable
{
    private const int KeptLogLines = 200;
    private const string SettingsPrefix = "RAFTSTREAM__";

    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly Queue<string> _log = new();
    private readonly Task _reading;

    private BrokerProcess(Process process, BrokerPorts ports)
    {
        _process = process;
        Ports = ports;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>Where it listens.</summary>
    public BrokerPorts Ports { get; }

    /// <summary>Its process id.</summary>
    public int Pid => _process.Id;

    /// <summary>From the start of the process until it said that it is ready.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>The last lines that it wrote.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    /// <summary>Starts a broker and waits until it is ready.</summary>
    /// <param name="program">The raftstream command; null is this one.</param>
    /// <param name="settings">More settings, as on the command line.</param>
    /// <exception cref="CliException">It does not start; with the end of its log.</exception>
    public static async Task<BrokerProcess> StartAsync(
        string? program, string dataFolder, BrokerPorts ports, IEnumerable<string> settings, CancellationToken cancellationToken)
    {
        ProcessStartInfo start = program is null ? StartThisProgram() : new ProcessStartInfo(program);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.RedirectStandardInput = true;
        // Whatever is set here for another broker (environment, appsettings.json in the working folder) is not meant for this one.
        start.WorkingDirectory = Path.GetTempPath();
        foreach (string name in start.Environment.Keys.Where(IsSetting).ToArray())
        {
            start.Environment.Remove(name);
        }

        string[] arguments =
        [
            "server",
            "--data", dataFolder,
            "--grpc-port", ports.Grpc.ToString(CultureInfo.InvariantCulture),
            "--http-port", ports.Http.ToString(CultureInfo.InvariantCulture),
            "--listeners", $"PLAINTEXT://{ports.KafkaEndpoint}",
            .. settings,
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports.Http}/") };
        // The first request of a process takes long by itself; that is not the broker's time.
        await IsReadyAsync(http, cancellationToken).ConfigureAwait(false);
        long began = Stopwatch.GetTimestamp();
        Process process = Process.Start(start) ?? throw new CliException("The broker's process cannot be started.");
        var broker = new BrokerProcess(process, ports);
        try
        {
            await broker.WaitUntilReadyAsync(http, began, cancellationToken).ConfigureAwait(false);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>kill -9, and waits until the process is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
    }

    /// <summary>Asks it to stop, and waits.</summary>
    /// <returns>Its exit code.</returns>
    /// <exception cref="CliException">It does not stop in time.</exception>
    public async Task<int> StopAsync()
    {
        Signals.SendTerminate(Pid);
        try
        {
            await _process.WaitForExitAsync().WaitAsync(LongestStop).ConfigureAwait(false);
            return _process.ExitCode;
        }
        catch (TimeoutException exception)
        {
            throw new CliException(
                $"The broker does not stop within {LongestStop.TotalSeconds:0} s.\n{Log}", inner: exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync().ConfigureAwait(false);
        }

        await ReadToEndAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    private static bool IsSetting(string variable) => variable.StartsWith(SettingsPrefix, StringComparison.OrdinalIgnoreCase);

    // An apphost is its own program; under `dotnet raftstream.dll` that would start the SDK's command instead.
    private static ProcessStartInfo StartThisProgram()
    {
        string host = Environment.ProcessPath ?? throw new CliException("This program's own path is not known.");
        string assembly = typeof(BrokerProcess).Assembly.Location;
        string apphost = Path.ChangeExtension(assembly, null);
        if (!Path.GetFileNameWithoutExtension(host).Equals("dotnet", StringComparison.Ordinal)
            && Path.GetFileName(host).StartsWith("raftstream", StringComparison.Ordinal))
        {
            return new ProcessStartInfo(host);
        }

        return File.Exists(apphost)
            ? new ProcessStartInfo(apphost)
            : new ProcessStartInfo("dotnet") { ArgumentList = { assembly } };
    }

    private async Task WaitUntilReadyAsync(HttpClient http, long began, CancellationToken cancellationToken)
    {
        while (!await IsReadyAsync(http, cancellationToken).ConfigureAwait(false))
        {
            if (_process.HasExited)
            {
                await ReadToEndAsync().ConfigureAwait(false);
                throw new CliException(
                    $"The broker ended with exit code {_process.ExitCode} before it was ready. It said:\n{Log}");
            }

            if (Stopwatch.GetElapsedTime(began) > LongestStart)
            {
                throw new CliException($"The broker is not ready after {LongestStart.TotalSeconds:0} s. It said:\n{Log}");
            }

            await Task.Delay(2, cancellationToken).ConfigureAwait(false);
        }

        ReadyAfter = Stopwatch.GetElapsedTime(began);
    }

    private static async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await http.GetAsync("readyz", cancellationToken).ConfigureAwait(false);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

#pragma warning disable VSTHRD003 // Started in the constructor; ends when the process does.
    private async Task ReadToEndAsync() => await _reading.ConfigureAwait(false);
#pragma warning restore VSTHRD003

    private async Task ReadAsync(StreamReader output)
    {
        while (await output.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (_log)
            {
                _log.Enqueue(line);
                if (_log.Count > KeptLogLines)
                {
                    _log.Dequeue();
                }
            }
        }
    }
}

/// <summary>Where a broker listens, on 127.0.0.1.</summary>
internal sealed record BrokerPorts(int Grpc, int Http, int Kafka)
{
    /// <summary><c>host:port</c> of the gRPC listener.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Grpc}");

    /// <summary><c>host:port</c> of the Kafka listener.</summary>
    public string KafkaEndpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Kafka}");

    /// <summary>Some that are free now.</summary>
    public static BrokerPorts Free()
    {
        IReadOnlyList<int> ports = FreePorts.Take(3);
        return new BrokerPorts(ports[0], ports[1], ports[2]);
    }
}
