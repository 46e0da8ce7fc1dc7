using RaftStream.Broker;
using RaftStream.Broker.Tests.Clusters;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Partitions;

/// <summary>AlterPartitionReassignments and ListPartitionReassignments (KIP-455).</summary>
public sealed class ReassignmentTests
{
    [Theory]
    [VersionsOf(ApiKey.AlterPartitionReassignments)]
    public async Task Each_partition_has_its_own_outcome(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        var request = new AlterPartitionReassignmentsRequest();
        Add(request, "orders", 0, 99);
        AlterPartitionReassignmentsRequest.ReassignableTopic orders = request.Topics[0];
        AddPartition(orders, 1, null);
        AddPartition(orders, 2, 1);
        Add(request, "nothing", 0, 1);
        Add(request, "orders", 0, 1, 1);

        AlterPartitionReassignmentsResponse response = await broker.CallAsync<AlterPartitionReassignmentsResponse>(request, version);

        Assert.Equal((0, null), (response.ErrorCode, response.ErrorMessage));
        Assert.Equal(["orders", "nothing", "orders"], [response.Responses[0].Name, response.Responses[1].Name, response.Responses[2].Name]);
        Assert.Equal(
            [ErrorCode.InvalidRequest, ErrorCode.NoReassignmentInProgress, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition, ErrorCode.InvalidRequest],
            Errors(response));
        Assert.Contains("named twice", response.Responses[0].Partitions[0].ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [VersionsOf(ApiKey.AlterPartitionReassignments)]
    public async Task Targets_are_checked(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 3);
        var request = new AlterPartitionReassignmentsRequest();
        Add(request, "orders", 0, 99);
        AddPartition(request.Topics[0], 1, []);
        AddPartition(request.Topics[0], 2, [1, 1]);

        AlterPartitionReassignmentsResponse response = await broker.CallAsync<AlterPartitionReassignmentsResponse>(request, version);

        Assert.Equal(
            [ErrorCode.InvalidReplicaAssignment, ErrorCode.InvalidReplicaAssignment, ErrorCode.InvalidReplicaAssignment], Errors(response));
    }

    [Fact]
    public async Task What_is_under_way_is_listed_and_can_be_cancelled()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 300);
        BrokerNode node = await cluster.StartBrokerAsync(2);
        BrokerNode dead = await cluster.StartBrokerAsync(3);
        await cluster.CrashAsync(dead); // so that it never catches up
        await node.Api!.Admin.CreateTopicsAsync(
            [new NewTopic { Name = "orders", Assignments = System.Collections.Immutable.ImmutableSortedDictionary<int, System.Collections.Immutable.ImmutableArray<NodeId>>.Empty.Add(0, [new NodeId(2)]).Add(1, [new NodeId(2)]) }],
            validateOnly: false);

        var move = new AlterPartitionReassignmentsRequest { AllowReplicationFactorChange = false };
        Add(move, "orders", 1, 3);
        var grow = new AlterPartitionReassignmentsRequest { AllowReplicationFactorChange = false };
        Add(grow, "orders", 0, 2, 3);
        var cancel = new AlterPartitionReassignmentsRequest();
        Add(cancel, "orders", 1, null);
        var one = new ListPartitionReassignmentsRequest();
        one.Topics.Clear();
        ListPartitionReassignmentsRequest.ListPartitionReassignmentsTopics named = one.Topics.Add();
        named.Name = "orders";
        named.PartitionIndexes.AddRange([0, 7]);
        ListPartitionReassignmentsRequest.ListPartitionReassignmentsTopics unknown = one.Topics.Add();
        unknown.Name = "nothing";
        unknown.PartitionIndexes.Add(0);
        var all = new ListPartitionReassignmentsRequest();

        Assert.Equal([ErrorCode.None], Errors(await CallAsync<AlterPartitionReassignmentsResponse>(node, move, 1)));
        Assert.Equal([ErrorCode.InvalidReplicationFactor], Errors(await CallAsync<AlterPartitionReassignmentsResponse>(node, grow, 1)));
        ListPartitionReassignmentsResponse listed = await CallAsync<ListPartitionReassignmentsResponse>(node, all, 0);
        ListPartitionReassignmentsResponse resting = await CallAsync<ListPartitionReassignmentsResponse>(node, one, 0);
        Assert.Equal([ErrorCode.None], Errors(await CallAsync<AlterPartitionReassignmentsResponse>(node, cancel, 0)));
        ListPartitionReassignmentsResponse after = await CallAsync<ListPartitionReassignmentsResponse>(node, all, 0);

        Assert.Null(listed.ErrorMessage);
        Assert.Equal("orders", listed.Topics[0].Name);
        ListPartitionReassignmentsResponse.OngoingPartitionReassignment ongoing = listed.Topics[0].Partitions[0];
        Assert.Equal(1, ongoing.PartitionIndex);
        Assert.Equal([3, 2], ongoing.Replicas.Span.ToArray());
        Assert.Equal([3], ongoing.AddingReplicas.Span.ToArray());
        Assert.Equal([2], ongoing.RemovingReplicas.Span.ToArray());
        Assert.Equal(0, resting.Topics.Count);
        Assert.Equal(0, after.Topics.Count);
    }

    private static Task<TResponse> CallAsync<TResponse>(BrokerNode node, IKafkaMessage request, short version)
        where TResponse : class, IKafkaMessage, new() => HandlerCalls.CallAsync<TResponse>(node.Api!, request, version);

    private static void Add(AlterPartitionReassignmentsRequest request, string topic, int partition, params int[]? replicas)
    {
        AlterPartitionReassignmentsRequest.ReassignableTopic row = request.Topics.Add();
        row.Name = topic;
        AddPartition(row, partition, replicas);
    }

    private static void AddPartition(AlterPartitionReassignmentsRequest.ReassignableTopic topic, int partition, params int[]? replicas)
    {
        AlterPartitionReassignmentsRequest.ReassignablePartition row = topic.Partitions.Add();
        row.PartitionIndex = partition;
        if (replicas is not null)
        {
            row.Replicas.AddRange(replicas);
        }
    }

    private static List<ErrorCode> Errors(AlterPartitionReassignmentsResponse response)
    {
        List<ErrorCode> errors = [];
        foreach (AlterPartitionReassignmentsResponse.ReassignableTopicResponse topic in response.Responses)
        {
            foreach (AlterPartitionReassignmentsResponse.ReassignablePartitionResponse partition in topic.Partitions)
            {
                errors.Add((ErrorCode)partition.ErrorCode);
            }
        }

        return errors;
    }
}
