using System.Net;
using RaftStream.Broker;
using RaftStream.Broker.Tests.Clusters;
using RaftStream.Client.V1;
using RaftStream.Grpc.Forwarding;
using RaftStream.Metadata.Images;
using RaftStream.Rpc.Client;
using RaftStream.Rpc.Server;

namespace RaftStream.Grpc.Tests.Forwarding;

/// <summary>Brokers 2, 3... of one cluster in this process, each behind a gRPC port of its own.</summary>
internal sealed class DoorCluster : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];
    private readonly Dictionary<int, RpcServer> _servers = [];

    private DoorCluster(SmallCluster cluster) => Cluster = cluster;

    public SmallCluster Cluster { get; }

    /// <summary>The brokers by number.</summary>
    public Dictionary<int, BrokerNode> Nodes { get; } = [];

    /// <summary>Channels to the brokers by number.</summary>
    public Dictionary<int, RpcChannel> Channels { get; } = [];

    public static async Task<DoorCluster> OpenAsync(int brokers, bool forward = true, TimeSpan? catchUp = null)
    {
        var cluster = new DoorCluster(await SmallCluster.StartAsync());
        cluster.Cluster.Change = options => options with { Rack = $"rack-{options.NodeId}", ReplicaSelector = ReplicaSelector.Rack };
        for (int id = 2; id < 2 + brokers; id++)
        {
            await cluster.AddAsync(id, forward ? new LeaderForwarding(new LeaderForwardingOptions { CatchUp = catchUp ?? TimeSpan.FromMilliseconds(200) }) : null);
        }

        return cluster;
    }

    /// <summary>Produce and consume at a broker.</summary>
    public Log.LogClient Log(int id) => new(Channels[id]);

    /// <summary>Adds a broker that is known by the address of something else, when that is given.</summary>
    /// <param name="isInside">Whether other brokers are told its true address all the same.</param>
    public async Task AddAsync(int id, LeaderForwarding? forwarding, int? advertisedPort = null, bool isInside = false)
    {
        BrokerNode node = await Cluster.BrokerAsync(id);
        RpcServer server = await ServeAsync(new RpcServices().AddBroker(node, forwarding));
        var clients = new BrokerEndpoint("GRPC", "127.0.0.1", advertisedPort ?? server.EndPoints[0].Port);
        BrokerEndpoint replicas = Cluster.ReplicaEndpointOf(node);
        await node.StartAsync(
            isInside ? [clients, replicas, new BrokerEndpoint(InternalEndpoint.Protocol, "127.0.0.1", server.EndPoints[0].Port)] : [clients, replicas]);
        if (forwarding is not null)
        {
            _owned.Add(forwarding);
        }

        Nodes[id] = node;
        _servers[id] = server;
        Channels[id] = RpcChannel.ForAddress($"http://{server.EndPoints[0]}");
        _owned.Add(Channels[id]);
    }

    /// <summary>A server of these services, until the end.</summary>
    public async Task<RpcServer> ServeAsync(RpcServices services)
    {
        var server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, 0))] }, services);
        await server.StartAsync(default);
        _owned.Add(server);
        return server;
    }

    /// <summary>Closes a broker's port; the broker itself goes on.</summary>
    public ValueTask CloseDoorAsync(int id) => _servers[id].DisposeAsync();

    /// <summary>Creates a topic with a partition on each of these brokers, known to all when it completes.</summary>
    public Task CreateAsync(string topic, params int[] leaders) => CreateReplicatedAsync(topic, [.. leaders.Select(leader => new[] { leader })]);

    /// <summary>Creates a topic whose partitions have these replicas, the leader first.</summary>
    public async Task CreateReplicatedAsync(string topic, int[][] replicas)
    {
        var request = new NewTopic { Name = topic };
        request.Assignments.Add(replicas.Select((brokers, partition) => new ReplicaAssignment { Partition = partition, Replicas = { brokers } }));
        CreateTopicsResponse response = await new Admin.AdminClient(Channels[2]).CreateTopicsAsync(new CreateTopicsRequest { Topics = { request } });
        Assert.Null(response.Results.Single().Error);
        long end = Nodes[2].Api!.Image.EndOffset;
        await Task.WhenAll(Nodes.Values.Select(node => node.Api!.WaitForMetadataAsync(end, default)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable owned in Enumerable.Reverse(_owned))
        {
            await owned.DisposeAsync();
        }

        await Cluster.DisposeAsync();
    }
}
