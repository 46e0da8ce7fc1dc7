using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using RaftStream.Broker;
using RaftStream.Grpc;
using RaftStream.Metadata.Images;
using RaftStream.Rpc.Server;
using RaftStream.Server.Http;
using RaftStream.Server.Metrics;
using RaftStream.Server.Startup;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Server;

/// <summary>What runs in one server process: metrics, the ports, the broker.</summary>
/// <remarks>
/// The ports are open before the broker is ready: a long recovery can be watched on /readyz, and early clients are told
/// UNAVAILABLE and why, instead of a refused connection.
/// </remarks>
internal sealed class ServerNode : IAsyncDisposable
{
    private readonly ServerSettings _settings;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly MetricsCollector _metrics = new();
    private readonly ProcessMetrics _processMetrics = new(DateTimeOffset.UtcNow - ProcessClock.Age());
    private readonly BrokerNode _broker;
    private IDisposable? _push;
    private X509Certificate2? _certificate;
    private RpcServer? _server;
    private volatile bool _stopping;

    public ServerNode(ServerSettings settings, ILoggerFactory loggers)
    {
        _settings = settings;
        _loggers = loggers;
        _logger = loggers.CreateLogger("RaftStream.Server");
        _broker = new BrokerNode(BrokerSettings.ToOptions(settings), new PhysicalFileSystem(), TimeProvider.System, loggers);
    }

    /// <summary>Starts everything; requests are taken when it returns.</summary>
    /// <exception cref="StartupException">Something that the operator can mend stands in the way.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        SayStarting();
        DataFolder.MustBePossible(_settings.DataDirectory);
        _certificate = TlsCertificate.Load(_settings);
        IPEndPoint grpc = Ports.Probe(_settings.GrpcEndPoint, "grpc");
        IPEndPoint? http = _settings.HttpEndPoint is { } endPoint ? Ports.Probe(endPoint, "http") : null;
        (string host, int port) = AdvertisedEndpoint.Of(_settings, grpc.Port);

        _server = MakeServer(grpc, http);
        Task listening = ListenAsync(_server, cancellationToken);
        Task running = StartBrokerAsync(new BrokerEndpoint("GRPC", host, port), cancellationToken);
        StartPush();
        await Task.WhenAll(listening, running).ConfigureAwait(false);

        SetHealth(_server, serving: true);
        SayReady(http, $"{host}:{port}");
    }

    /// <summary>Completes with the reason when the broker can go on no more; never otherwise.</summary>
#pragma warning disable VSTHRD003 // The task only tells; nothing waits for it but this.
    public async Task<string> WaitForFailureAsync() => await _broker.Failure.ConfigureAwait(false);
#pragma warning restore VSTHRD003

    /// <summary>Answers what waits, closes the broker cleanly, then cuts the calls that are left: nobody can serve them.</summary>
    public async Task StopAsync()
    {
        long began = Stopwatch.GetTimestamp();
        _stopping = true;
        using var cut = new CancellationTokenSource();
        Task closed = Task.CompletedTask;
        if (_server is not null)
        {
            SetHealth(_server, serving: false);
            closed = _server.StopAsync(cut.Token);
        }

        await _broker.StopAsync().ConfigureAwait(false);
        await cut.CancelAsync().ConfigureAwait(false);
        await closed.ConfigureAwait(false);
        double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        ServerLog.Stopped(_logger, milliseconds);
    }

    /// <summary>Lets go of everything at once, as a crash would; does nothing for what has stopped already.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }

        await _broker.DisposeAsync().ConfigureAwait(false);
        _certificate?.Dispose();
        _push?.Dispose();
        _processMetrics.Dispose();
        _metrics.Dispose();
    }

    private RpcServer MakeServer(IPEndPoint grpc, IPEndPoint? http)
    {
        List<RpcListener> listeners = [RpcListener.Grpc(grpc, _certificate)];
        if (http is not null)
        {
            var door = new HttpDoor(() => _stopping ? "stopping" : _broker.NotReadyReason, _metrics);
            listeners.Add(RpcListener.Http(http, door.HandleAsync));
        }

        var limits = new RpcServerLimits
        {
            // Connections must leave files for the logs: a node that cannot open one stops.
            MaxConnections = (int)Math.Min(_settings.MaxConnections, PhysicalFileSystem.Instance.MaxOpenFiles / 3),
            MaxStreamsPerConnection = _settings.MaxStreamsPerConnection,
            MaxReceiveMessageBytes = _settings.MaxRequestBytes,
        };
        var options = new RpcServerOptions { Listeners = listeners, Limits = limits };
        return new RpcServer(options, new RpcServices().AddBroker(_broker), _loggers);
    }

    private static async Task ListenAsync(RpcServer server, CancellationToken cancellationToken)
    {
        try
        {
            await server.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new StartupException($"the ports cannot be opened: {exception.Message}; see --grpc-port and --http-port", exception);
        }
    }

    private async Task StartBrokerAsync(BrokerEndpoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            await _broker.StartAsync([endpoint], cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception)
        {
            throw DataFolder.Failure(_settings.DataDirectory, exception);
        }
    }

    private void StartPush()
    {
        if (_settings.OtlpEndpoint is { } collector)
        {
            _push = OtlpPush.Start(_settings, collector);
            ServerLog.PushesMetrics(_logger, collector, _settings.OtlpInterval.TotalSeconds);
        }
    }

    private static void SetHealth(RpcServer server, bool serving)
    {
        server.Health.SetServing("", serving);
        foreach (string service in GrpcDoor.ServiceNames)
        {
            server.Health.SetServing(service, serving);
        }
    }

    private void SayStarting()
    {
        string version = typeof(ServerNode).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?";
        string shortVersion = version[..Math.Min(version.Length, version.IndexOf('+', StringComparison.Ordinal) + 9)];
        string folder = Path.GetFullPath(_settings.DataDirectory);
        ServerLog.Starting(_logger, shortVersion, _settings.NodeId, folder, Environment.ProcessId);
    }

    private void SayReady(IPEndPoint? http, string advertised)
    {
        double milliseconds = ProcessClock.Age().TotalMilliseconds;
        string httpEndPoint = http?.ToString() ?? "no port";
        ServerLog.Ready(_logger, milliseconds, _server!.EndPoints[0], httpEndPoint, advertised);
    }
}
