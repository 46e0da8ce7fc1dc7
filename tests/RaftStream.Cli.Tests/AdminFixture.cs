using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using RaftStream.Client.V1;
using RaftStream.Model;
using RaftStream.Rpc.Server;

namespace RaftStream.Cli.Tests;

/// <summary>A service Admin behind a real port whose partitions move when the test says so: each look at what is moving takes one step.</summary>
#pragma warning disable CA1001 // DisposeAsync below does it; IAsyncLifetime names it so.
public sealed class AdminFixture : Admin.AdminBase, IAsyncLifetime
#pragma warning restore CA1001
{
    private RpcServer? _server;

    /// <summary>What a plan says, one plan after the other; then there is nothing to move.</summary>
    internal ConcurrentQueue<List<PlannedReassignment>> Plans { get; } = [];

    /// <summary>The refusal that comes once there are no plans any more.</summary>
    internal ErrorCode? Gone { get; set; }

    /// <summary>Wishes that were planned.</summary>
    internal ConcurrentQueue<PlanPartitionReassignmentsRequest> Wishes { get; } = [];

    /// <summary>What was asked to be moved.</summary>
    internal ConcurrentQueue<AlterPartitionReassignmentsRequest> Alterations { get; } = [];

    /// <summary>What was asked to be elected.</summary>
    internal ConcurrentQueue<ElectLeadersRequest> Elections { get; } = [];

    /// <summary>What is being moved: answers to the questions for it, one after the other; the last one stays.</summary>
    internal ConcurrentQueue<List<OngoingReassignment>> Moving { get; } = [];

    /// <summary>A broker that is not up.</summary>
    internal int? Fenced { get; set; }

    /// <summary>Called at each look at what is moving.</summary>
    internal Action? Looked { get; set; }

    /// <summary>Partitions whose requests are refused.</summary>
    internal HashSet<int> Refused { get; } = [];

    public async Task InitializeAsync()
    {
        _server = new RpcServer(
            new RpcServerOptions { Listeners = [RpcListener.Grpc(new IPEndPoint(IPAddress.Loopback, 0))] },
            new RpcServices().Add(Admin.BindService(this), Admin.Descriptor));
        await _server.StartAsync(default);
    }

    public async Task DisposeAsync() => await _server!.DisposeAsync();

    /// <summary>Runs a command line against the node.</summary>
    internal Task<CliOutcome> RunAsync(params string[] args) => RunAsync(CancellationToken.None, args);

    /// <summary>The same, until Ctrl-C.</summary>
    internal Task<CliOutcome> RunAsync(CancellationToken stopping, params string[] args) => Cli.RunAsync(
        new CliInput { Stopping = stopping, Variables = new Dictionary<string, string> { ["RAFTSTREAM_BOOTSTRAP"] = _server!.EndPoints[0].ToString() } },
        [.. args, "--timeout", "10s"]);

    private static RpcException Refusal(ErrorCode code)
    {
        var error = new Error { Code = (short)code, Name = code.KafkaName(), Message = "Broker 1 is refused." };
        return new RpcException(new Status(StatusCode.InvalidArgument, error.Message), new global::Grpc.Core.Metadata { { "raftstream-error-bin", error.ToByteArray() } });
    }

    internal static PlannedReassignment Planned(int partition, int[] from, int[] to) =>
        new() { Topic = new TopicRef { Name = "orders" }, Partition = partition, Current = { from }, Target = { to } };

    internal static OngoingReassignment Ongoing(int partition, int[] replicas, int[] adding, int[] removing, int leader = 1) => new()
    {
        Topic = new TopicRef { Name = "orders" },
        Partition = partition,
        Replicas = { replicas },
        Adding = { adding },
        Removing = { removing },
        Isr = { replicas.Except(adding) },
        Leader = leader,
    };

    public override Task<GetMetadataResponse> GetMetadata(GetMetadataRequest request, ServerCallContext context) => Task.FromResult(new GetMetadataResponse
    {
        Brokers = { Fenced is { } id ? [new RaftStream.Client.V1.Broker { NodeId = id, Endpoint = "127.0.0.1:1", Fenced = true }] : [] },
        Topics =
        {
            new Topic
            {
                Topic_ = new TopicRef { Name = "orders" },
                Partitions =
                {
                    new Partition { Partition_ = 0, Leader = 1, Replicas = { 1, 2 }, Isr = { 1, 2 } },
                    new Partition { Partition_ = 1, Leader = 2, Replicas = { 2, 3 }, Isr = { 2, 3 } },
                },
            },
        },
    });

    public override Task<DescribeConfigsResponse> DescribeConfigs(DescribeConfigsRequest request, ServerCallContext context) =>
        Task.FromResult(new DescribeConfigsResponse { Results = { new DescribedConfigs { Resource = request.Resources[0].Clone() } } });

    public override Task<PlanPartitionReassignmentsResponse> PlanPartitionReassignments(
        PlanPartitionReassignmentsRequest request, ServerCallContext context)
    {
        Wishes.Enqueue(request.Clone());
        if (Gone is { } gone && Plans.IsEmpty)
        {
            throw Refusal(gone);
        }

        return Task.FromResult(new PlanPartitionReassignmentsResponse
        {
            Partitions = { Plans.TryDequeue(out List<PlannedReassignment>? plan) ? plan : [] },
        });
    }

    public override Task<AlterPartitionReassignmentsResponse> AlterPartitionReassignments(
        AlterPartitionReassignmentsRequest request, ServerCallContext context)
    {
        Alterations.Enqueue(request.Clone());
        return Task.FromResult(new AlterPartitionReassignmentsResponse { Results = { request.Partitions.Select(one => Result(one.Topic, one.Partition)) } });
    }

    public override Task<ListPartitionReassignmentsResponse> ListPartitionReassignments(
        ListPartitionReassignmentsRequest request, ServerCallContext context)
    {
        Looked?.Invoke();
        List<OngoingReassignment>? moving = null;
        if (Moving.Count > 1)
        {
            Moving.TryDequeue(out moving);
        }
        else
        {
            Moving.TryPeek(out moving);
        }

        return Task.FromResult(new ListPartitionReassignmentsResponse { Reassignments = { moving ?? [] } });
    }

    public override Task<ElectLeadersResponse> ElectLeaders(ElectLeadersRequest request, ServerCallContext context)
    {
        Elections.Enqueue(request.Clone());
        return Task.FromResult(new ElectLeadersResponse { Results = { request.Partitions.Select(one => Result(one.Topic, one.Partition)) } });
    }

    private PartitionResult Result(TopicRef topic, int partition) => new()
    {
        Topic = topic.Clone(),
        Partition = partition,
        Error = Refused.Contains(partition)
            ? new Error { Code = 39, Name = "INVALID_REPLICA_ASSIGNMENT", Message = "Broker 9 is not registered." }
            : partition == 1 && Elections.IsEmpty == false ? new Error { Code = 84, Name = "ELECTION_NOT_NEEDED", Message = "It leads." } : null,
    };
}
