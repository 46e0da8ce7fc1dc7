using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Handlers.Topics;

public sealed class DescribeTopicPartitionsTests
{
    [Fact]
    public async Task Topics_come_in_order_of_names_each_once()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        Guid id = await broker.CreateAsync("orders", 2);
        await broker.CreateAsync("Zebra");
        await broker.CreateAsync("__consumer_offsets");

        DescribeTopicPartitionsResponse response = await broker.CallAsync<DescribeTopicPartitionsResponse>(
            Asked("orders", "nothing", "Zebra", "orders", "a/b", "__consumer_offsets"), 0);

        Assert.Equal(
            [
                ("Zebra", ErrorCode.None, 1), ("__consumer_offsets", ErrorCode.None, 1), ("a/b", ErrorCode.InvalidTopicException, 0),
                ("nothing", ErrorCode.UnknownTopicOrPartition, 0), ("orders", ErrorCode.None, 2),
            ],
            Rows(response).Select(row => (row.Name!, (ErrorCode)row.ErrorCode, row.Partitions.Count)));
        Assert.Null(response.NextCursor);
        DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic orders = Rows(response)[4];
        Assert.Equal(id, orders.TopicId);
        Assert.True(Rows(response)[1].IsInternal);
        Assert.False(orders.IsInternal);
        Assert.True(orders.TopicAuthorizedOperations > 0);
        DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition partition = orders.Partitions[1];
        Assert.Equal((1, 1, (short)0), (partition.PartitionIndex, partition.LeaderId, partition.ErrorCode));
        Assert.Equal([1], partition.ReplicaNodes.Span.ToArray());
        Assert.Equal([1], partition.IsrNodes.Span.ToArray());
        Assert.False(partition.EligibleLeaderReplicas.IsNull);
        Assert.Equal(0, partition.OfflineReplicas.Count);
        Assert.True(partition.LeaderEpoch >= 0);
    }

    [Fact]
    public async Task No_names_are_all_topics()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("b");
        await broker.CreateAsync("a");

        DescribeTopicPartitionsResponse response = await broker.CallAsync<DescribeTopicPartitionsResponse>(Asked(), 0);

        Assert.Equal(["a", "b"], Rows(response).Select(row => row.Name));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task Pages_make_up_the_whole(int limit)
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("a", 3);
        await broker.CreateAsync("b", 1);
        await broker.CreateAsync("c", 2);
        DescribeTopicPartitionsRequest request = Asked();
        request.ResponsePartitionLimit = limit;
        List<(string, int)> seen = [];
        DescribeTopicPartitionsResponse response;
        do
        {
            response = await broker.CallAsync<DescribeTopicPartitionsResponse>(request, 0);
            List<(string, int)> page = Partitions(response);
            Assert.InRange(page.Count, 1, Math.Max(1, limit));
            seen.AddRange(page);
            request.Cursor = response.NextCursor is { } next
                ? new DescribeTopicPartitionsRequest.CursorPosition { TopicName = next.TopicName, PartitionIndex = next.PartitionIndex }
                : null;
        }
        while (response.NextCursor is not null);

        Assert.Equal([("a", 0), ("a", 1), ("a", 2), ("b", 0), ("c", 0), ("c", 1)], seen);
    }

    [Fact]
    public async Task A_cursor_at_a_topic_that_is_gone_goes_on_with_the_next_one()
    {
        await using KafkaBroker broker = await KafkaBroker.StartAsync();
        await broker.CreateAsync("a");
        await broker.CreateAsync("c", 2);
        DescribeTopicPartitionsRequest request = Asked();
        request.Cursor = new DescribeTopicPartitionsRequest.CursorPosition { TopicName = "b", PartitionIndex = 1 };

        DescribeTopicPartitionsResponse response = await broker.CallAsync<DescribeTopicPartitionsResponse>(request, 0);

        Assert.Equal([("c", 0), ("c", 1)], Partitions(response));
    }

    private static DescribeTopicPartitionsRequest Asked(params string[] names)
    {
        var request = new DescribeTopicPartitionsRequest();
        foreach (string name in names)
        {
            request.Topics.Add().Name = name;
        }

        return request;
    }

    private static List<DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic> Rows(DescribeTopicPartitionsResponse response)
    {
        List<DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic> rows = [];
        foreach (DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic row in response.Topics)
        {
            rows.Add(row);
        }

        return rows;
    }

    private static List<(string Topic, int Partition)> Partitions(DescribeTopicPartitionsResponse response)
    {
        List<(string, int)> partitions = [];
        foreach (DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponseTopic row in response.Topics)
        {
            foreach (DescribeTopicPartitionsResponse.DescribeTopicPartitionsResponsePartition partition in row.Partitions)
            {
                partitions.Add((row.Name!, partition.PartitionIndex));
            }
        }

        return partitions;
    }
}
