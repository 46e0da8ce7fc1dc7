using System.Net;
using Microsoft.Extensions.Logging;
using RaftStream.Broker;
using RaftStream.Broker.Controller;
using RaftStream.Broker.Replicas;
using RaftStream.Grpc;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Quorum.Runtime;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Server;
using RaftStream.Server.Settings;

namespace RaftStream.Server.Startup;

/// <summary>A node's part in the metadata quorum of a cluster: its replica, its port, and the way to the controller.</summary>
internal sealed class QuorumParts : IAsyncDisposable
{
    private readonly ServerSettings _settings;
    private readonly QuorumTls? _tls;
    private readonly ClusterPeers _peers;
    private readonly RpcServer? _server;

    private QuorumParts(
        ServerSettings settings, Surroundings surroundings, QuorumTls? tls, QuorumStore store, IPEndPoint? listen, ILoggerFactory loggers)
    {
        _settings = settings;
        _tls = tls;
        bool isController = settings.Roles.HasFlag(ProcessRoles.Controller);
        TimeSpan timeout = TimeSpan.FromMilliseconds(settings.Quorum.RequestTimeoutMs);
        var channels = new RpcChannelOptions { Tls = tls?.Client, ConnectTimeout = timeout };
        var limits = new ControllerOptions
        {
            ClusterId = store.Identity.ClusterId,
            Settings = SettingsOf(settings),
            BrokerSessionMs = settings.Quorum.SessionTimeoutMs,
            LeaderBalanceIntervalMs = settings.Quorum.BalanceSeconds * 1000L,
            LeaderImbalancePercent = settings.Quorum.ImbalancePercent,
        };
        var options = new QuorumNodeOptions
        {
            Endpoint = isController && listen is not null ? AdvertisedEndpoint.OfQuorum(settings.Quorum, listen) : null,
            BootstrapServers = settings.Quorum.BootstrapServers,
            Raft = settings.Quorum.RaftOptions,
            Controller = limits,
        };
        Feed = new MetadataFeed();
        ClusterId = store.Identity.ClusterId;
        Node = new QuorumNode(options, store, new QuorumPeers(timeout, channels, tls is not null), surroundings.Time, loggers, Feed.Publish);
        ControllerDesk? desk = isController ? new ControllerDesk(limits.Settings, limits, new Prng((ulong)Random.Shared.NextInt64())) : null;
        Gateway = new ControllerGateway(Node, desk, new ControllerPeers(channels, tls is not null), timeout, TimeSpan.FromSeconds(10));
        _peers = new ClusterPeers(Node, new QuorumPeers(timeout + timeout, channels, tls is not null));
        if (listen is not null)
        {
            ReplicaEndpoint = AdvertisedEndpoint.OfQuorum(settings.Quorum, listen);
            _server = new RpcServer(
                new RpcServerOptions { Listeners = [tls?.Listen(listen) ?? RpcListener.Grpc(listen)], Purpose = PurposeOf(settings) }, Services(desk), loggers);
        }
    }

    /// <summary>The cluster, as the folder says.</summary>
    public Guid ClusterId { get; }

    /// <summary>This node's replica.</summary>
    public QuorumNode Node { get; }

    /// <summary>What it publishes.</summary>
    public MetadataFeed Feed { get; }

    /// <summary>The way to the active controller.</summary>
    public ControllerGateway Gateway { get; }

    /// <summary>For the service Cluster.</summary>
    public ClusterAccess Access => _peers.AccessOf(ClusterId, new NodeId(_settings.NodeId), Gateway);

    /// <summary>What other brokers call, on this node's port for other nodes or, without one, on the clients' port.</summary>
    public ReplicaService Replicas { get; } = new();

    /// <summary>Where other brokers reach <see cref="Replicas"/>; null when this node has no port for other nodes.</summary>
    public RaftEndpoint? ReplicaEndpoint { get; }

    /// <summary>For the broker of this node.</summary>
    public BrokerCluster Broker => new()
    {
        ClusterId = ClusterId,
        Quorum = Node,
        Feed = Feed,
        Gateway = Gateway,
        HeartbeatMs = _settings.Quorum.HeartbeatMs,
        SessionMs = _settings.Quorum.SessionTimeoutMs,
        ReplicaTls = _tls?.Client,
        ShutdownMs = (int)Math.Min(5_000, _settings.ShutdownTimeout.TotalMilliseconds / 3),
    };

    /// <summary>Why this node does not take part as it should; nothing when it does.</summary>
    public IEnumerable<string> Problems
    {
        get
        {
            if (Node.View is { IsVoter: false } view && view.Voters.Find(new NodeId(_settings.NodeId)) is { } other)
            {
                // C-2.1: a wiped disk, or a second process with the id of the first.
                yield return $"another folder of node {_settings.NodeId} is the voter ({other.Key.DirectoryId}), this one only observes: "
                    + "run that one, or take it out with quorum remove-voter and add this one with quorum add-voter";
            }

            if (Node.Failure.IsCompleted)
            {
                yield return "the metadata quorum has failed on this node";
            }
            else if (Node.OtherCluster is { } strangers)
            {
                yield return $"the controllers that answer belong to cluster {strangers}, this folder to cluster {ClusterId}: check quorum.bootstrap.servers and data.dir";
            }
            else if (Node.Leader.Id == NodeId.None || Node.View is { Role: not (RaftRole.Leader or RaftRole.Follower) })
            {
                // A node that asks for votes still knows the name of the leader that it no longer hears.
                yield return "no leader of the metadata quorum is known: a majority of the controllers must run and reach each other";
            }
            else if (Node.View?.HighWatermark is null)
            {
                yield return "the high watermark of the metadata log is not known yet";
            }
            else if (Feed.Silence.TotalMilliseconds > 2 * _settings.Quorum.FetchTimeoutMs)
            {
                yield return $"lagging: no metadata for {Feed.Silence.TotalSeconds:0} s from node {Node.Leader.Id}, which led last; it is down or cut off, or a majority of the controllers is";
            }
        }
    }

    /// <summary>Opens folder and port; the node runs when it returns, with or without a leader.</summary>
    /// <exception cref="StartupException">Something that the operator can mend stands in the way.</exception>
    public static async Task<QuorumParts> StartAsync(
        ServerSettings settings, Surroundings surroundings, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        IPEndPoint? listen = settings.Quorum.Listen is { } endPoint ? Ports.Probe(endPoint, "--quorum-listen", "--quorum-listen") : null;
        QuorumTls? tls = QuorumTls.Load(settings.Quorum);
        QuorumStore? store = null;
        QuorumParts? parts = null;
        try
        {
            store = QuorumFolder.Open(settings, surroundings.Files);
            parts = new QuorumParts(settings, surroundings, tls, store, listen, loggers);
            await parts.Node.StartAsync().ConfigureAwait(false);
            if (parts._server is { } server)
            {
                await server.StartAsync(cancellationToken).ConfigureAwait(false);
            }

            return parts;
        }
        catch (Exception exception)
        {
            if (parts is not null)
            {
                await parts.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                store?.Dispose();
                tls?.Dispose();
            }

            throw exception is IOException ? new StartupException($"the port of the quorum cannot be opened: {exception.Message}; see --quorum-listen", exception) : exception;
        }
    }

    /// <summary>Hands leadership over and closes (C-8.7); peers are answered until that is done.</summary>
    public async Task StopAsync()
    {
        await Node.StopAsync().ConfigureAwait(false);
        await DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }

        await Gateway.DisposeAsync().ConfigureAwait(false);
        await _peers.DisposeAsync().ConfigureAwait(false);
        await Node.DisposeAsync().ConfigureAwait(false);
        _tls?.Dispose();
    }

    private RpcServices Services(ControllerDesk? desk)
    {
        RpcServices services = Replicas.AddTo(Node.AddTo(new RpcServices()).AddCluster(Access));
        return desk is null ? services : services.Add(Internal.V1.Controller.BindService(new ControllerService(Node, desk)), Internal.V1.Controller.Descriptor);
    }

    /// <summary>What a client is told that takes this port for a broker's.</summary>
    private static string PurposeOf(ServerSettings settings) => settings.Roles.HasFlag(ProcessRoles.Broker)
        ? "this is a broker's port for other nodes (quorum.listen), clients call its grpc.port"
        : "this is a controller, clients call a broker";

    private static ControllerSettings SettingsOf(ServerSettings settings) => new()
    {
        DefaultPartitions = settings.DefaultPartitions,
        DefaultReplicationFactor = settings.DefaultReplicationFactor,
        StaticTopicConfigs = settings.TopicDefaults,
    };
}
