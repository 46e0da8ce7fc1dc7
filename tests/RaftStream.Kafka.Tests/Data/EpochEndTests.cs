using RaftStream.Broker;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Data;

/// <summary>OffsetForLeaderEpoch (KIP-320, R-7.8).</summary>
public class EpochEndTests
{
    [Theory]
    [VersionsOf(ApiKey.OffsetForLeaderEpoch)]
    public async Task The_reign_that_goes_on_ends_at_the_log_end(int version)
    {
        await using KafkaBroker broker = await OpenAsync();
        int epoch = EpochOf(broker);

        Assert.Equal((0, epoch, 2L), await AskAsync(broker, One("orders", 0, epoch), version));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task A_reign_to_come_is_not_known(int above)
    {
        await using KafkaBroker broker = await OpenAsync();

        Assert.Equal((0, -1, -1L), await AskAsync(broker, One("orders", 0, EpochOf(broker) + above), 4));
        Assert.Equal((0, -1, -1L), await AskAsync(broker, One("orders", 0, -1), 4));
    }

    [Theory]
    [InlineData("nothing", 0, -1, -1, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("orders", 9, -1, -1, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("orders", 0, 99, -1, ErrorCode.UnknownLeaderEpoch)]
    [InlineData("orders", 0, -1, 3, ErrorCode.ClusterAuthorizationFailed)]
    public async Task Errors_are_told_for_each_partition(string topic, int partition, int currentEpoch, int replica, ErrorCode expected)
    {
        await using KafkaBroker broker = await OpenAsync();
        OffsetForLeaderEpochRequest request = One(topic, partition, 0);
        request.ReplicaId = replica;
        request.Topics[0].Partitions[0].CurrentLeaderEpoch = currentEpoch;

        Assert.Equal(((int)expected, -1, -1L), await AskAsync(broker, request, 3));
    }

    private static async Task<KafkaBroker> OpenAsync()
    {
        KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders");
        await broker.Api.AskAsync<ProduceResponse>(ProduceTests.One("orders", default, 9, Batches.Of("a", "b")), 9);
        return broker;
    }

    private static int EpochOf(KafkaBroker broker) => broker.Find("orders")!.Partitions[0].LeaderEpoch.Value;

    private static OffsetForLeaderEpochRequest One(string topic, int partition, int epoch)
    {
        var request = new OffsetForLeaderEpochRequest { ReplicaId = -1 };
        OffsetForLeaderEpochRequest.OffsetForLeaderTopic asked = request.Topics.Add();
        asked.Topic = topic;
        OffsetForLeaderEpochRequest.OffsetForLeaderPartition row = asked.Partitions.Add();
        row.Partition = partition;
        row.LeaderEpoch = epoch;
        return request;
    }

    /// <summary>Where a reign of the first partition ends: the last epoch up to it that left records, and its end.</summary>
    internal static async Task<(int Epoch, long EndOffset)> AskAsync(BrokerApi api, int epoch)
    {
        OffsetForLeaderEpochResponse answer = await api.AskAsync<OffsetForLeaderEpochResponse>(One("orders", 0, epoch), 4);
        Assert.Equal(0, answer.Topics[0].Partitions[0].ErrorCode);
        return (answer.Topics[0].Partitions[0].LeaderEpoch, answer.Topics[0].Partitions[0].EndOffset);
    }

    private static async Task<(int Error, int Epoch, long EndOffset)> AskAsync(KafkaBroker broker, OffsetForLeaderEpochRequest request, int version)
    {
        OffsetForLeaderEpochResponse answer = await broker.Api.AskAsync<OffsetForLeaderEpochResponse>(request, version);
        Assert.Equal(1, answer.Topics.Count);
        Assert.Equal(1, answer.Topics[0].Partitions.Count);
        OffsetForLeaderEpochResponse.EpochEndOffset row = answer.Topics[0].Partitions[0];
        Assert.Equal(request.Topics[0].Partitions[0].Partition, row.Partition);
        return (row.ErrorCode, row.LeaderEpoch, row.EndOffset);
    }
}
