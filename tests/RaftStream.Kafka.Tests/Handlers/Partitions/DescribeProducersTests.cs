using RaftStream.Broker;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Partitions;

public sealed class DescribeProducersTests
{
    [Theory]
    [VersionsOf(ApiKey.DescribeProducers)]
    public async Task The_idempotent_producers_of_partitions_are_told(int version)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("orders", 2);
        long before = broker.Api.WallMs;
        await broker.AppendAsAsync((77, 3, 0), "orders", 0, "a", "b");
        await broker.AppendAsync("orders", 0, "nobody in particular");
        DescribeProducersRequest request = Asked(("orders", [0, 1, 9]), ("nothing", [0]), ("a/b", [0]));

        DescribeProducersResponse response = await broker.CallAsync<DescribeProducersResponse>(request, version);

        MessageList<DescribeProducersResponse.PartitionResponse> orders = response.Topics[0].Partitions;
        Assert.Equal("orders", response.Topics[0].Name);
        Assert.Equal([(0, (short)0, 1), (1, (short)0, 0), (9, KafkaBroker.Code(ErrorCode.UnknownTopicOrPartition), 0)], Rows(orders));
        Assert.Null(orders[0].ErrorMessage);
        Assert.NotEmpty(orders[2].ErrorMessage!);
        DescribeProducersResponse.ProducerState producer = orders[0].ActiveProducers[0];
        Assert.Equal((77L, 3, 1), (producer.ProducerId, producer.ProducerEpoch, producer.LastSequence));
        Assert.InRange(producer.LastTimestamp, before, broker.Api.WallMs);
        Assert.Equal(-1, producer.CurrentTxnStartOffset);
        Assert.Equal(KafkaBroker.Code(ErrorCode.UnknownTopicOrPartition), response.Topics[1].Partitions[0].ErrorCode);
        Assert.NotEqual(0, response.Topics[2].Partitions[0].ErrorCode);
    }

    [Fact]
    public async Task Too_many_partitions_are_refused()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync(
            KafkaBroker.Options with { Limits = new BrokerLimits { MaxPartitionsPerRequest = 1 } });
        await broker.CreateAsync("orders", 2);

        DescribeProducersResponse response = await broker.CallAsync<DescribeProducersResponse>(Asked(("orders", [0, 1])), 0);

        Assert.All(Rows(response.Topics[0].Partitions), row => Assert.Equal(KafkaBroker.Code(ErrorCode.InvalidRequest), row.Error));
    }

    private static DescribeProducersRequest Asked(params (string Topic, int[] Partitions)[] topics)
    {
        var request = new DescribeProducersRequest();
        foreach ((string name, int[] partitions) in topics)
        {
            DescribeProducersRequest.TopicRequest topic = request.Topics.Add();
            topic.Name = name;
            topic.PartitionIndexes.AddRange(partitions);
        }

        return request;
    }

    private static List<(int Partition, short Error, int Producers)> Rows(MessageList<DescribeProducersResponse.PartitionResponse> partitions)
    {
        List<(int, short, int)> rows = [];
        foreach (DescribeProducersResponse.PartitionResponse row in partitions)
        {
            rows.Add((row.PartitionIndex, row.ErrorCode, row.ActiveProducers.Count));
        }

        return rows;
    }
}
