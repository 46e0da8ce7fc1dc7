using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using RaftStream.Broker;
using RaftStream.Broker.Controller;
using RaftStream.Grpc;
using RaftStream.Grpc.Forwarding;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Rpc.Server;
using RaftStream.Server.Http;
using RaftStream.Server.Metrics;
using RaftStream.Server.Settings;
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
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly ServerSettings _settings;
    private readonly Surroundings _surroundings;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly MetricsCollector _metrics = new();
    private readonly ProcessMetrics _processMetrics = new(DateTimeOffset.UtcNow - ProcessClock.Age());
    private readonly CancellationTokenSource _healthEnd = new();
    private QuorumParts? _quorum;
    private BrokerNode? _broker;
    private IDisposable? _push;
    private X509Certificate2? _certificate;
    private LeaderForwarding? _forwarding;
    private RpcServer? _server;
    private KafkaParts? _kafka;
    private Task _health = Task.CompletedTask;
    private volatile bool _stopping;

    public ServerNode(ServerSettings settings, Surroundings surroundings, ILoggerFactory loggers)
    {
        _settings = settings;
        _surroundings = surroundings;
        _loggers = loggers;
        _logger = loggers.CreateLogger("RaftStream.Server");
    }

    private bool IsBroker => _settings.Roles.HasFlag(ProcessRoles.Broker);

    /// <summary>Starts everything; requests are taken when it returns.</summary>
    /// <exception cref="StartupException">Something that the operator can mend stands in the way.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        SayStarting();
        DataFolder.MustBePossible(_settings.DataDirectory);
        _certificate = TlsCertificate.Load(_settings);
        _forwarding = _settings is { ForwardsToLeaders: true, Quorum.IsAlone: false }
            ? new LeaderForwarding(new LeaderForwardingOptions { Tls = TlsCertificate.TrustOf(_settings) })
            : null;
        IPEndPoint? grpc = IsBroker ? Ports.Probe(_settings.GrpcEndPoint, "--grpc-host", "--grpc-port") : null;
        IPEndPoint? http = _settings.HttpEndPoint is { } endPoint ? Ports.Probe(endPoint, "--http-host", "--http-port") : null;
        ImmutableArray<KafkaListenerSettings> kafka = IsBroker ? KafkaParts.Probe(_settings.Kafka) : [];
        string advertised = "no clients";
        if (!_settings.Quorum.IsAlone)
        {
            _quorum = await QuorumParts.StartAsync(_settings, _surroundings, _loggers, cancellationToken).ConfigureAwait(false);
        }

        Task running = Task.CompletedTask;
        if (grpc is not null)
        {
            (string host, int port) = AdvertisedEndpoint.Of(_settings, grpc.Port);
            advertised = $"{host}:{port}";
            BrokerOptions options = BrokerSettings.ToOptions(_settings);
            options = _quorum is null ? options : options with { ClusterId = _quorum.ClusterId };
            _broker = new BrokerNode(_surroundings.Amend(options), _surroundings.Files, _surroundings.Time, _loggers, _quorum?.Broker);
            _quorum?.Replicas.Serve(_broker);
            running = StartBrokerAsync(
                _broker, BrokerEndpoints.Of(_settings, (host, port), KafkaParts.EndpointsOf(kafka), _quorum?.ReplicaEndpoint), cancellationToken);
            if (!kafka.IsEmpty)
            {
                _kafka = await KafkaParts.StartAsync(_settings, kafka, _broker, AccessOf(_broker), _loggers, cancellationToken).ConfigureAwait(false);
            }
        }

        Task listening = Task.CompletedTask;
        if (MakeServer(grpc, http) is { } server)
        {
            _server = server;
            listening = ListenAsync(server, cancellationToken);
            _health = WatchHealthAsync(server, _healthEnd.Token);
        }

        StartPush();
        await Task.WhenAll(listening, running).ConfigureAwait(false);
        await UntilReadyAsync(cancellationToken).ConfigureAwait(false);
        SayReady(grpc, http, advertised);
    }

    /// <summary>Completes with the reason when the node can go on no more; never otherwise.</summary>
#pragma warning disable VSTHRD003 // The tasks only tell; nothing waits for them but this.
    public async Task<string> WaitForFailureAsync()
    {
        Task<string>[] failures = [.. new[] { _broker?.Failure, _quorum?.Node.Failure }.OfType<Task<string>>()];
        return await (await Task.WhenAny(failures).ConfigureAwait(false)).ConfigureAwait(false);
    }
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

        if (_broker is not null)
        {
            await _broker.StopAsync().ConfigureAwait(false);
        }

        // After the broker, which needs the controller's leave: it may be on this very node.
        if (_quorum is not null)
        {
            await _quorum.StopAsync().ConfigureAwait(false);
        }

        await cut.CancelAsync().ConfigureAwait(false);
        if (_kafka is not null)
        {
            await _kafka.StopAsync().ConfigureAwait(false);
        }

        await closed.ConfigureAwait(false);
        double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        ServerLog.Stopped(_logger, milliseconds);
    }

    /// <summary>Lets go of everything at once, as a crash would; does nothing for what has stopped already.</summary>
    public async ValueTask DisposeAsync()
    {
        await _healthEnd.CancelAsync().ConfigureAwait(false);
#pragma warning disable VSTHRD003 // Started here, and ended a line above.
        await _health.ConfigureAwait(false);
#pragma warning restore VSTHRD003
        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }

        if (_kafka is not null)
        {
            await _kafka.DisposeAsync().ConfigureAwait(false);
        }

        if (_forwarding is not null)
        {
            await _forwarding.DisposeAsync().ConfigureAwait(false);
        }

        if (_broker is not null)
        {
            await _broker.DisposeAsync().ConfigureAwait(false);
        }

        if (_quorum is not null)
        {
            await _quorum.DisposeAsync().ConfigureAwait(false);
        }

        _healthEnd.Dispose();
        _certificate?.Dispose();
        _push?.Dispose();
        _processMetrics.Dispose();
        _metrics.Dispose();
    }

    /// <summary>Why requests are not taken; nothing when they are.</summary>
    private List<string> Problems()
    {
        if (_stopping)
        {
            return ["stopping"];
        }

        List<string> problems = [.. _quorum?.Problems ?? []];
        if (_broker?.NotReadyReason is { } reason && !problems.Contains(reason))
        {
            problems.Add(reason);
        }
        else if (IsBroker && _broker is null)
        {
            problems.Add("starting");
        }

        return problems;
    }

    /// <summary>The clients' port and the one for probes; null when there is neither.</summary>
    private RpcServer? MakeServer(IPEndPoint? grpc, IPEndPoint? http)
    {
        List<RpcListener> listeners = [];
        if (grpc is not null)
        {
            listeners.Add(RpcListener.Grpc(grpc, _certificate));
        }

        if (http is not null)
        {
            listeners.Add(RpcListener.Http(http, new HttpDoor(Problems, () => Failure, _metrics).HandleAsync));
        }

        if (listeners.Count == 0)
        {
            return null;
        }

        var limits = new RpcServerLimits
        {
            // Connections must leave files for the logs: a node that cannot open one stops.
            MaxConnections = (int)Math.Min(_settings.MaxConnections, PhysicalFileSystem.Instance.MaxOpenFiles / 3),
            MaxStreamsPerConnection = _settings.MaxStreamsPerConnection,
            MaxReceiveMessageBytes = _settings.MaxRequestBytes,
        };
        var options = new RpcServerOptions { Listeners = listeners, Limits = limits };
        RpcServices services = new();
        if (_broker is { } broker)
        {
            services = services.AddBroker(broker, _forwarding).AddCluster(AccessOf(broker));
            services = _quorum is { ReplicaEndpoint: null } quorum ? quorum.Replicas.AddTo(services) : services;
        }

        return new RpcServer(options, services, _loggers);
    }

    /// <summary>What failed for good; null when nothing has.</summary>
    private string? Failure => _quorum is { Node.Failure.IsCompleted: true } ? "the metadata quorum has failed on this node"
        : _broker is { Failure.IsCompleted: true } ? "the broker has failed"
        : null;

    private ClusterAccess AccessOf(BrokerNode broker) => _quorum?.Access ?? LoneAccess.Of(broker, new NodeId(_settings.NodeId));

    /// <summary>A controller is up when it knows who leads; a cluster that is put together one by one waits here.</summary>
    private async Task UntilReadyAsync(CancellationToken cancellationToken)
    {
        while (_quorum is not null && Failure is null && Problems().Count > 0)
        {
            await Task.Delay(LookAgain, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The health service says what /readyz says.</summary>
    private async Task WatchHealthAsync(RpcServer server, CancellationToken cancellationToken)
    {
        bool? last = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            bool isReady = Problems().Count == 0;
            if (isReady != last)
            {
                SetHealth(server, isReady);
                last = isReady;
            }

            await Task.Delay(LookAgain, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
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

    private async Task StartBrokerAsync(BrokerNode broker, ImmutableArray<BrokerEndpoint> endpoints, CancellationToken cancellationToken)
    {
        try
        {
            await broker.StartAsync(endpoints, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException exception)
        {
            throw DataFolder.Failure(_settings.DataDirectory, exception);
        }
        catch (BrokerRefusedException exception)
        {
            throw new StartupException($"the controller refuses broker {_settings.NodeId}: {exception.Message}", exception);
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
        foreach (string service in GrpcDoor.ServiceNames.Append(GrpcDoor.ClusterServiceName))
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

    private void SayReady(IPEndPoint? grpc, IPEndPoint? http, string advertised)
    {
        double milliseconds = ProcessClock.Age().TotalMilliseconds;
        string httpEndPoint = http?.ToString() ?? "no port";
        ServerLog.Ready(_logger, milliseconds, grpc ?? _settings.Quorum.Listen!, httpEndPoint, advertised);
    }
}
