using System.Collections.Immutable;
using System.Net;
using RaftStream.Broker.Controller;
using RaftStream.Broker.Replicas;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Quorum.Runtime;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Rpc.Server;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests.Clusters;

/// <summary>One controller and some brokers in this process, in memory, speaking over real ports.</summary>
internal sealed class SmallCluster : IAsyncDisposable
{
    private const int ControllerId = 1;
    private static readonly Guid Cluster = new("0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0");
    private static readonly Guid VoterDirectory = new("11111111-1b0a-4f9e-8d7c-6b5a49382716");

    private readonly MemoryFileSystem _files = new();
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly Dictionary<BrokerNode, (RpcServer Server, BrokerEndpoint Endpoint, QuorumNode Quorum)> _ports = [];
    private readonly RaftEndpoint _controller;
    private ControllerDesk? _desk;

    private SmallCluster(RaftEndpoint controller, QuorumNode quorum)
    {
        _controller = controller;
        Controller = quorum;
        DiskOf = _ => _files;
    }

    /// <summary>After how long without an answer brokers doubt that they lead.</summary>
    public int SessionMs { get; init; } = 60_000;

    /// <summary>The controller's node.</summary>
    public QuorumNode Controller { get; private set; }

    /// <summary>Where the controller is called.</summary>
    public RaftEndpoint ControllerEndpoint => _controller;

    /// <summary>The cluster's id.</summary>
    public static Guid Id => Cluster;

    /// <summary>Asks the controller, as its own node would.</summary>
    public async Task<ControllerAnswer> AskAsync(ControllerRequest request)
    {
        (object? response, Metadata.OperationError? error) = await Controller.SubmitAsync(_desk!.Open(request));
        return new ControllerAnswer(response, error, Controller.Committed.EndOffset);
    }

    public static async Task<SmallCluster> StartAsync(long brokerSessionMs = 2000, int sessionMs = 60_000)
    {
        int port = FreePort();
        var endpoint = new RaftEndpoint("127.0.0.1", port);
        var options = new ControllerOptions { ClusterId = Cluster, BrokerSessionMs = brokerSessionMs };
        var cluster = new SmallCluster(endpoint, null!) { SessionMs = sessionMs };
        (QuorumNode quorum, _) = cluster.Node(ControllerId, VoterDirectory, endpoint, options);
        cluster.Controller = quorum;
        var desk = new ControllerDesk(new ControllerSettings(), options, new Prng(7));
        cluster._desk = desk;
        var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, port))] },
            quorum.AddTo(new RpcServices()).Add(Internal.V1.Controller.BindService(new ControllerService(quorum, desk))));
        await quorum.StartAsync();
        await server.StartAsync(default);
        cluster._owned.Add(server);
        return cluster;
    }

    /// <summary>A broker that is not started yet.</summary>
    public async Task<BrokerNode> BrokerAsync(int id, Guid? directory = null)
    {
        var options = new ControllerOptions { ClusterId = Cluster };
        (QuorumNode quorum, MetadataFeed feed) = Node(id, directory ?? Guid.NewGuid(), null, options);
        await quorum.StartAsync();
        var gateway = new ControllerGateway(quorum, null, new ControllerPeers(), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(10));
        _owned.Add(gateway);
        var node = new BrokerNode(
            Change(new BrokerOptions { DataDirectory = $"/node-{id}/data", NodeId = new NodeId(id), ClusterId = Cluster, Seed = (ulong)id }),
            DiskOf(id),
            cluster: new BrokerCluster { ClusterId = Cluster, Quorum = quorum, Feed = feed, Gateway = gateway, HeartbeatMs = 50, SessionMs = SessionMs });
        _owned.Add(node);
        int port = FreePort();
        var replicas = new ReplicaService();
        var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, port))] }, replicas.AddTo(new RpcServices()));
        replicas.Serve(node);
        await server.StartAsync(default);
        _owned.Add(server);
        _ports[node] = (server, new BrokerEndpoint(ReplicaChannels.Protocol, "127.0.0.1", port), quorum);
        return node;
    }

    /// <summary>The disk of all of them.</summary>
    public MemoryFileSystem Files => _files;

    /// <summary>What a broker takes for its disk.</summary>
    public Func<int, IFileSystem> DiskOf { get; set; }

    /// <summary>Changes the options of brokers.</summary>
    public Func<BrokerOptions, BrokerOptions> Change { get; set; } = options => options;

    /// <summary>Where a broker serves its followers.</summary>
    public BrokerEndpoint ReplicaEndpointOf(BrokerNode node) => _ports[node].Endpoint;

    /// <summary>A broker that may lead.</summary>
    public async Task<BrokerNode> StartBrokerAsync(int id, Guid? directory = null)
    {
        BrokerNode node = await BrokerAsync(id, directory);
        await node.StartAsync([new BrokerEndpoint("GRPC", "127.0.0.1", 10_000 + id), _ports[node].Endpoint]);
        return node;
    }

    /// <summary>Ends a broker as a crash would: its connections break, its folder is let go of as it is.</summary>
    public async Task CrashAsync(BrokerNode node)
    {
        await _ports[node].Server.DisposeAsync();
        await node.DisposeAsync();
        await _ports[node].Quorum.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        for (int i = _owned.Count - 1; i >= 0; i--)
        {
            await _owned[i].DisposeAsync();
        }
    }

    private (QuorumNode Quorum, MetadataFeed Feed) Node(int id, Guid directory, RaftEndpoint? endpoint, ControllerOptions controller)
    {
        string folder = $"/node-{id}/quorum-{directory:N}";
        var key = new ReplicaKey(new NodeId(id), directory);
        if (!_files.DirectoryExists(folder))
        {
            VoterSet voters = endpoint is { } place ? new VoterSet([new Voter(key, place)]) : VoterSet.Empty;
            QuorumStore.Format(_files, folder, new DirectoryIdentity(Cluster, key.Id, directory), voters);
        }

        var feed = new MetadataFeed();
        var options = new QuorumNodeOptions
        {
            Endpoint = endpoint,
            BootstrapServers = ImmutableArray.Create(_controller),
            Controller = controller,
        };
        QuorumStore store = QuorumStore.Open(_files, folder, new QuorumStoreOptions { CanBecomeVoter = endpoint is not null });
        var quorum = new QuorumNode(options, store, new QuorumPeers(TimeSpan.FromSeconds(2)), TimeProvider.System, published: feed.Publish);
        _owned.Add(quorum);
        return (quorum, feed);
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
