using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Partitions;

public sealed class ElectLeadersTests
{
    [Theory]
    [VersionsOf(ApiKey.ElectLeaders)]
    public async Task Each_partition_has_its_own_outcome(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        var request = new ElectLeadersRequest();
        Add(request, "orders", 1, 5);
        Add(request, "nothing", 0);

        ElectLeadersResponse response = await broker.CallAsync<ElectLeadersResponse>(request, version);

        Assert.Equal(0, response.ErrorCode);
        Assert.Equal("orders", response.ReplicaElectionResults[0].Topic);
        Assert.Equal(1, response.ReplicaElectionResults[0].PartitionResult[0].PartitionId);
        Assert.Equal(KafkaBroker.Code(ErrorCode.ElectionNotNeeded), response.ReplicaElectionResults[0].PartitionResult[0].ErrorCode);
        Assert.Equal(KafkaBroker.Code(ErrorCode.UnknownTopicOrPartition), response.ReplicaElectionResults[0].PartitionResult[1].ErrorCode);
        Assert.Equal("nothing", response.ReplicaElectionResults[1].Topic);
        Assert.Equal(KafkaBroker.Code(ErrorCode.UnknownTopicOrPartition), response.ReplicaElectionResults[1].PartitionResult[0].ErrorCode);
    }

    [Theory]
    [VersionsOf(ApiKey.ElectLeaders)]
    public async Task Null_is_all_and_tells_only_of_those_that_needed_it(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        var request = new ElectLeadersRequest();
        request.TopicPartitions.SetNull();

        ElectLeadersResponse response = await broker.CallAsync<ElectLeadersResponse>(request, version);

        Assert.Equal(0, response.ErrorCode);
        Assert.Equal(0, response.ReplicaElectionResults.Count);
    }

    [Theory]
    [VersionsOf(ApiKey.ElectLeaders, from: 1)]
    public async Task Unclean_elections_are_asked_for_by_type_1_and_there_is_no_other(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        var unclean = new ElectLeadersRequest { ElectionType = 1 };
        Add(unclean, "orders", 0);
        var strange = new ElectLeadersRequest { ElectionType = 2 };
        Add(strange, "orders", 0);

        ElectLeadersResponse one = await broker.CallAsync<ElectLeadersResponse>(unclean, version);
        ElectLeadersResponse other = await broker.CallAsync<ElectLeadersResponse>(strange, version);

        Assert.Contains("nothing needs to be given up", one.ReplicaElectionResults[0].PartitionResult[0].ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRequest), other.ErrorCode);
    }

    private static void Add(ElectLeadersRequest request, string topic, params int[] partitions)
    {
        ElectLeadersRequest.TopicPartitionList row = request.TopicPartitions.Add();
        row.Topic = topic;
        row.Partitions.AddRange(partitions);
    }
}
