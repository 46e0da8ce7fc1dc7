using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Cluster;

public sealed class DescribeQuorumTests
{
    [Theory]
    [VersionsOf(ApiKey.DescribeQuorum)]
    public async Task Leader_voters_and_observers_are_told_with_their_log_ends(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(cluster: Quorums.OfThree());
        long before = broker.Api.WallMs;

        DescribeQuorumResponse response = await broker.CallAsync<DescribeQuorumResponse>(Asked("__cluster_metadata"), version);

        DescribeQuorumResponse.PartitionData partition = response.Topics[0].Partitions[0];
        Assert.Equal(0, response.ErrorCode);
        Assert.Equal(0, partition.ErrorCode);
        Assert.True(version < 2 || (response.ErrorMessage is null && partition.ErrorMessage is null));
        Assert.Equal((1, 5, 90L), (partition.LeaderId, partition.LeaderEpoch, partition.HighWatermark));
        Assert.Equal(3, partition.CurrentVoters.Count);
        Assert.Equal((2, 100L), (partition.CurrentVoters[1].ReplicaId, partition.CurrentVoters[1].LogEndOffset));
        Assert.Equal((3, -1L), (partition.CurrentVoters[2].ReplicaId, partition.CurrentVoters[2].LogEndOffset));
        Assert.Equal(1, partition.Observers.Count);
        Assert.Equal((11, 80L), (partition.Observers[0].ReplicaId, partition.Observers[0].LogEndOffset));
        if (version >= 1)
        {
            Assert.InRange(partition.CurrentVoters[1].LastFetchTimestamp, before - 40, broker.Api.WallMs - 40);
            Assert.Equal(partition.CurrentVoters[1].LastFetchTimestamp, partition.CurrentVoters[1].LastCaughtUpTimestamp);
            Assert.Equal(-1, partition.CurrentVoters[2].LastFetchTimestamp);
            Assert.Equal(-1, partition.Observers[0].LastCaughtUpTimestamp); // 20 records behind
        }

        if (version >= 2)
        {
            Assert.Equal(Quorums.DirectoryOf(2), partition.CurrentVoters[1].ReplicaDirectoryId);
            Assert.Equal(3, response.Nodes.Count);
            Assert.Equal(("controller-3", (ushort)9003), (response.Nodes[2].Listeners[0].Host, response.Nodes[2].Listeners[0].Port));
        }
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeQuorum)]
    public async Task Another_topic_is_no_quorum(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(cluster: Quorums.OfThree());

        DescribeQuorumResponse response = await broker.CallAsync<DescribeQuorumResponse>(Asked("orders"), version);

        Assert.Equal(KafkaBroker.Code(ErrorCode.UnknownTopicOrPartition), response.Topics[0].Partitions[0].ErrorCode);
        Assert.Equal(-1, response.Topics[0].Partitions[0].LeaderId);
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeQuorum)]
    public async Task Without_a_leader_the_whole_answer_is_an_error(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(cluster: Quorums.Leaderless());

        DescribeQuorumResponse response = await broker.CallAsync<DescribeQuorumResponse>(Asked("__cluster_metadata"), version);

        Assert.Equal(KafkaBroker.Code(ErrorCode.BrokerNotAvailable), response.ErrorCode);
        Assert.Equal(KafkaBroker.Code(ErrorCode.BrokerNotAvailable), response.Topics[0].Partitions[0].ErrorCode);
    }

    [Theory]
    [VersionsOf(ApiKey.DescribeQuorum)]
    public async Task The_log_is_told_of_once_however_often_it_is_named(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(cluster: Quorums.OfThree());
        DescribeQuorumRequest request = Asked("__cluster_metadata");
        request.Topics[0].Partitions.Add().PartitionIndex = 0;
        request.Topics.Add().TopicName = "__cluster_metadata";
        request.Topics[1].Partitions.Add().PartitionIndex = 0;

        DescribeQuorumResponse response = await broker.CallAsync<DescribeQuorumResponse>(request, version);

        Assert.Equal(1, response.Topics[0].Partitions.Count);
        Assert.Equal(0, response.Topics[1].Partitions.Count);
    }

    private static DescribeQuorumRequest Asked(string name)
    {
        var request = new DescribeQuorumRequest();
        DescribeQuorumRequest.TopicData topic = request.Topics.Add();
        topic.TopicName = name;
        topic.Partitions.Add().PartitionIndex = 0;
        return request;
    }
}
