using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using RaftStream.Grpc;
using RaftStream.Metadata;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;
using RaftStream.Rpc.Server;

namespace RaftStream.Cli.Tests;

/// <summary>A node's service Cluster behind a real port; what the quorum answers is the test's.</summary>
#pragma warning disable CA1001 // DisposeAsync below does it; IAsyncLifetime names it so.
public sealed class ClusterFixture : IAsyncLifetime
#pragma warning restore CA1001
{
    public static readonly Guid Cluster = new("0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0");
    public static readonly Guid Directory1 = new("11111111-1b0a-4f9e-8d7c-6b5a49382716");
    public static readonly Guid Directory2 = new("22222222-1b0a-4f9e-8d7c-6b5a49382716");

    private static readonly VoterSet Voters = new(
        [new Voter(new ReplicaKey(new NodeId(1), Directory1), new RaftEndpoint("c1", 9091)), new Voter(new ReplicaKey(new NodeId(2), Directory2), new RaftEndpoint("::1", 9092))]);

    private RpcServer? _server;

    /// <summary>Requests that were passed on to the leader, and brokers that were to be unregistered.</summary>
    internal ConcurrentQueue<object> Asked { get; } = [];

    /// <summary>Errors of the next answers, before all is well.</summary>
    internal ConcurrentQueue<ErrorCode> Refusals { get; } = [];

    /// <summary>Whether a leader is known.</summary>
    internal bool HasLeader { get; set; } = true;

    public async Task InitializeAsync()
    {
        var access = new ClusterAccess
        {
            ClusterId = () => Cluster,
            NodeId = new NodeId(2),
            Quorum = () => (HasLeader ? new NodeId(1) : NodeId.None, new LeaderEpoch(7), Voters),
            Image = () => Image,
            AskLeaderAsync = (request, _) => Task.FromResult(Answer(request)),
            UnregisterAsync = (id, force, _) =>
            {
                Asked.Enqueue((id, force));
                return Task.FromResult(Refusals.TryDequeue(out ErrorCode code) ? new OperationError(code, $"Broker {id} is refused.") : null);
            },
        };
        _server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, 0))] }, new RpcServices().AddCluster(access).Add(Client.V1.Admin.BindService(new Topics()), Client.V1.Admin.Descriptor));
        await _server.StartAsync(default);
    }

    public async Task DisposeAsync() => await _server!.DisposeAsync();

    /// <summary>Runs a command line against the node.</summary>
    internal Task<CliOutcome> RunAsync(params string[] args) => Cli.RunAsync(
        new CliInput { Variables = new Dictionary<string, string> { ["RAFTSTREAM_BOOTSTRAP"] = _server!.EndPoints[0].ToString() } },
        [.. args, "--timeout", "2s"]);

    private static MetadataImage Image => MetadataImage.Empty with
    {
        EndOffset = 1234,
        Brokers = new BrokersImage(ImmutableSortedDictionary<NodeId, BrokerRegistration>.Empty
            .Add(new NodeId(4), Broker(4, fenced: false))
            .Add(new NodeId(5), Broker(5, fenced: true))
            .Add(new NodeId(6), Broker(6, fenced: false) with { ShuttingDown = true })),
    };

    private static BrokerRegistration Broker(int id, bool fenced) => new()
    {
        Id = new NodeId(id),
        Epoch = new BrokerEpoch(100 + id),
        IncarnationId = Guid.Empty,
        LogDirectoryId = Guid.Empty,
        Endpoints = [new BrokerEndpoint("GRPC", "b.example.org", 9090 + id)],
        Rack = $"r{id}",
        Fenced = fenced,
    };

    private RaftResponse Answer(RaftRequest request)
    {
        Asked.Enqueue(request);
        ErrorCode error = Refusals.TryDequeue(out ErrorCode code) ? code : ErrorCode.None;
        if (request is not RaftRequest.DescribeQuorum || error != ErrorCode.None)
        {
            return new RaftResponse.Plain { Error = error, LeaderEpoch = new LeaderEpoch(7), LeaderId = new NodeId(1) };
        }

        return new RaftResponse.DescribeQuorum
        {
            LeaderEpoch = new LeaderEpoch(7),
            LeaderId = new NodeId(1),
            HighWatermark = new Offset(1000),
            Voters = Voters,
            Replicas =
            [
                new ReplicaProgress(new ReplicaKey(new NodeId(1), Directory1), true, new Offset(1001), new Offset(1001), 0),
                new ReplicaProgress(new ReplicaKey(new NodeId(2), Directory2), true, new Offset(990), new Offset(980), 120),
                new ReplicaProgress(new ReplicaKey(new NodeId(4), Directory1), false, null, null, null),
            ],
        };
    }

    /// <summary>Of three partitions on broker 6 nobody leads two: one for good.</summary>
    private sealed class Topics : Client.V1.Admin.AdminBase
    {
        public override Task<Client.V1.GetMetadataResponse> GetMetadata(Client.V1.GetMetadataRequest request, global::Grpc.Core.ServerCallContext context) =>
            Task.FromResult(new Client.V1.GetMetadataResponse
            {
                Topics =
                {
                    new Client.V1.Topic
                    {
                        Topic_ = new Client.V1.TopicRef { Name = "orders" },
                        Partitions =
                        {
                            new Client.V1.Partition { Partition_ = 0, Leader = 4, Replicas = { 6, 4 }, Isr = { 4 } },
                            new Client.V1.Partition { Partition_ = 1, Leader = -1, Replicas = { 6, 5 }, Elr = { 5 } },
                            new Client.V1.Partition { Partition_ = 2, Leader = -1, Replicas = { 6, 4 } },
                        },
                    },
                },
            });
    }
}
