using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using RaftStream.Rpc.Server;
using RaftStream.Server.Http;
using RaftStream.Server.Metrics;
using RaftStream.Server.Startup;

namespace RaftStream.Server;

/// <summary>What runs in one server process: metrics, the HTTP port, the broker, the gRPC port; started in this order, stopped in the other.</summary>
/// <remarks>The HTTP port answers before the broker is there, so that /readyz can tell about a long recovery.</remarks>
internal sealed class ServerNode : IAsyncDisposable
{
    private readonly ServerSettings _settings;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Readiness _readiness = new();
    private readonly MetricsCollector _metrics = new();
    private readonly ProcessMetrics _processMetrics = new(DateTimeOffset.UtcNow - ProcessClock.Age());
    private IDisposable? _push;
    private X509Certificate2? _certificate;
    private RpcServer? _http;
    private RpcServer? _grpc;

    public ServerNode(ServerSettings settings, ILoggerFactory loggers)
    {
        _settings = settings;
        _loggers = loggers;
        _logger = loggers.CreateLogger("RaftStream.Server");
    }

    /// <summary>Starts everything; requests are taken when it returns.</summary>
    /// <exception cref="StartupException">Something that the operator can mend stands in the way.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        SayStarting();
        _certificate = TlsCertificate.Load(_settings);
        Ports.Probe(_settings.GrpcEndPoint, "grpc");
        IPEndPoint? http = await StartHttpAsync(cancellationToken).ConfigureAwait(false);
        if (_settings.OtlpEndpoint is { } collector)
        {
            _push = OtlpPush.Start(_settings, collector);
            ServerLog.PushesMetrics(_logger, collector, _settings.OtlpInterval.TotalSeconds);
        }

        RpcListener listener = RpcListener.Grpc(_settings.GrpcEndPoint, _certificate);
        _grpc = new RpcServer(new RpcServerOptions { Listeners = [listener], Limits = Limits() }, new RpcServices(), _loggers);
        IPEndPoint grpc = await Ports.StartAsync(_grpc, _settings.GrpcEndPoint, "grpc", cancellationToken).ConfigureAwait(false);
        _grpc.Health.SetServing("", serving: true);
        _readiness.SetReady();
        SayReady(grpc, http);
    }

    /// <summary>Runs until someone asks to stop, then stops.</summary>
    public async Task WaitAsync(StopSignals signals)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = signals.Asked.UnsafeRegister(
            static asked => ((TaskCompletionSource)asked!).TrySetResult(), stop);
        await stop.Task.ConfigureAwait(false);
        ServerLog.Stopping(_logger, signals.Reason, _settings.ShutdownTimeout.TotalSeconds);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(signals.Impatient);
        patience.CancelAfter(_settings.ShutdownTimeout);
        await StopAsync(patience.Token).ConfigureAwait(false);
    }

    /// <summary>Lets running calls end until the token says so, then closes the broker cleanly.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        _readiness.SetNotReady("stopping");
        if (_grpc is not null)
        {
            _grpc.Health.SetServing("", serving: false);
            await _grpc.StopAsync(cancellationToken).ConfigureAwait(false);
        }

        double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        ServerLog.Stopped(_logger, milliseconds);
    }

    /// <summary>Lets go of everything at once; nothing is closed cleanly that was not before.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (RpcServer? server in new[] { _grpc, _http })
        {
            if (server is not null)
            {
                await server.DisposeAsync().ConfigureAwait(false);
            }
        }

        _certificate?.Dispose();
        _push?.Dispose();
        _processMetrics.Dispose();
        _metrics.Dispose();
    }

    private async Task<IPEndPoint?> StartHttpAsync(CancellationToken cancellationToken)
    {
        if (_settings.HttpEndPoint is not { } endPoint)
        {
            return null;
        }

        RpcListener listener = RpcListener.Http(endPoint, new HttpDoor(_readiness, _metrics).HandleAsync);
        _http = new RpcServer(new RpcServerOptions { Listeners = [listener] }, new RpcServices(), _loggers);
        IPEndPoint bound = await Ports.StartAsync(_http, endPoint, "http", cancellationToken).ConfigureAwait(false);
        ServerLog.HttpAnswers(_logger, bound);
        return bound;
    }

    private RpcServerLimits Limits() => new()
    {
        MaxConnections = _settings.MaxConnections,
        MaxStreamsPerConnection = _settings.MaxStreamsPerConnection,
        MaxReceiveMessageBytes = _settings.MaxRequestBytes,
    };

    private void SayStarting()
    {
        string version = typeof(ServerNode).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?";
        string folder = Path.GetFullPath(_settings.DataDirectory);
        ServerLog.Starting(_logger, version, _settings.NodeId, folder, Environment.ProcessId);
    }

    private void SayReady(IPEndPoint grpc, IPEndPoint? http)
    {
        double milliseconds = ProcessClock.Age().TotalMilliseconds;
        string httpEndPoint = http?.ToString() ?? "no port";
        (string host, int port) = AdvertisedEndpoint.Of(_settings, grpc.Port);
        string advertised = $"{host}:{port}";
        ServerLog.Ready(_logger, milliseconds, grpc, httpEndPoint, advertised, partitions: 0);
    }
}
