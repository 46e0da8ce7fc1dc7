using RaftStream.Client.Tests.Fakes;

namespace RaftStream.Client.Tests;

public sealed class ConsumerTests
{
    private const string Topic = "orders";

    private static readonly NamedPartition Zero = new(Topic, 0);

    [Fact]
    public async Task Records_come_in_order_from_the_beginning()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        log.Append("a", "b");
        log.Append("c");
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);

        List<ConsumedRecord> records = await TakeAsync(consumer, 3);

        Assert.Equal(["a", "b", "c"], records.Select(record => record.ValueText));
        Assert.Equal([0, 1, 2], records.Select(record => record.Offset));
        Assert.All(records, record => Assert.Equal((Zero, 1000L, (string?)null), (record.Partition, record.TimestampMs, record.KeyText)));
        Assert.Equal(3, consumer.Position(Zero));
        Assert.Equal(3, consumer.HighWatermark(Zero));
    }

    [Fact]
    public async Task An_offset_in_the_middle_of_a_batch_is_met()
    {
        var cluster = new FakeCluster();
        cluster.AddTopic(Topic)[0].Append("a", "b", "c", "d");
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.AtOffset(2));

        Assert.Equal(["c", "d"], (await TakeAsync(consumer, 2)).Select(record => record.ValueText));
    }

    [Fact]
    public async Task From_the_end_only_new_records_come()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        log.Append("old");
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.End);
        await Eventually.TrueAsync(() => consumer.Position(Zero) == 1);

        log.Append("new");

        Assert.Equal("new", (await TakeAsync(consumer, 1))[0].ValueText);
    }

    [Fact]
    public async Task An_enumeration_goes_on_where_the_last_one_stopped()
    {
        var cluster = new FakeCluster();
        cluster.AddTopic(Topic)[0].Append("a", "b", "c", "d", "e");
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);

        Assert.Equal(["a", "b"], (await TakeAsync(consumer, 2)).Select(record => record.ValueText));
        Assert.Equal(2, consumer.Position(Zero));
        Assert.Equal(["c"], (await TakeAsync(consumer, 1)).Select(record => record.ValueText));
        Assert.Equal(["d", "e"], (await TakeAsync(consumer, 2)).Select(record => record.ValueText));
    }

    [Fact]
    public async Task A_seek_takes_effect_at_once_whatever_was_read_ahead()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        for (int i = 0; i < 100; i++)
        {
            log.Append($"{i}", $"{i}'");
        }

        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);
        List<string?> seen = [];
        await foreach (ConsumedRecord record in consumer.ConsumeAsync())
        {
            seen.Add(record.ValueText);
            if (seen.Count == 3)
            {
                consumer.Seek(Zero, StartPosition.AtOffset(191));
            }

            if (seen.Count == 5)
            {
                break;
            }
        }

        Assert.Equal(["0", "0'", "1", "95'", "96"], seen);
    }

    [Fact]
    public async Task A_paused_partition_gives_nothing_until_it_is_resumed_and_then_everything()
    {
        var cluster = new FakeCluster();
        FakeLog[] logs = cluster.AddTopic(Topic, partitions: 2);
        logs[0].Append("a0", "a1", "a2");
        logs[1].Append("b0");
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        await consumer.AssignTopicAsync(Topic, StartPosition.Beginning);
        consumer.Pause(Zero);

        Assert.Equal(["b0"], (await TakeAsync(consumer, 1)).Select(record => record.ValueText));
        logs[1].Append("b1");
        Assert.Equal(["b1"], (await TakeAsync(consumer, 1)).Select(record => record.ValueText));
        consumer.Resume(Zero);

        Assert.Equal(["a0", "a1", "a2"], (await TakeAsync(consumer, 3)).Select(record => record.ValueText));
    }

    [Fact]
    public async Task Batches_are_borrowed_and_begin_at_the_position()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        log.Append("a", "b", "c");
        log.Append("d");
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.AtOffset(1));
        List<(long First, long Last, int Given)> batches = [];
        await foreach (ConsumedBatch batch in consumer.ConsumeBatchesAsync())
        {
            int given = 0;
            foreach (var record in batch)
            {
                Assert.Equal(batch.FirstOffset + given, record.Offset);
                given++;
            }

            batches.Add((batch.FirstOffset, batch.LastOffset, given));
            Assert.Equal(batch.LastOffset + 1, consumer.Position(Zero));
            if (batches.Count == 2)
            {
                break;
            }
        }

        Assert.Equal([(1, 2, 2), (3, 3, 1)], batches);
    }

    [Fact]
    public async Task Read_ahead_is_bounded()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        string large = new('x', 1000);
        for (int i = 0; i < 200; i++)
        {
            log.Append(large);
        }

        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(new ConsumerOptions { PrefetchBytes = 10_000, MaxAnswerBytes = 3000 });
        consumer.Assign(Zero, StartPosition.Beginning);

        // Messages hold two batches, so that four of them and a fifth in hand are the most that is taken unread.
        await Eventually.TrueAsync(() => cluster[1].ConsumeMessagesRead >= 4);
        Assert.InRange(cluster[1].ConsumeMessagesRead, 4, 5);
        Assert.Equal(200, (await TakeAsync(consumer, 200)).Count);
    }

    [Fact]
    public async Task The_end_of_a_partition_is_told_once_for_each_time_it_is_met()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        log.Append("a", "b");
        List<(NamedPartition, long)> ends = [];
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer(
            new ConsumerOptions { PartitionEndHandler = (partition, offset) => ends.Add((partition, offset)) });
        consumer.Assign(Zero, StartPosition.Beginning);
        int seen = 0;
        await foreach (ConsumedRecord record in consumer.ConsumeAsync())
        {
            // The handler runs when the enumeration moves on from the last record, so the next one comes after it.
            if (++seen == 2)
            {
                log.Append("c");
            }

            if (seen == 3)
            {
                log.Append("d");
            }

            if (seen == 4)
            {
                break;
            }
        }

        Assert.All(ends, end => Assert.Equal(Zero, end.Item1));
        Assert.Equal(ends.Select(end => end.Item2).Distinct(), ends.Select(end => end.Item2));
    }

    [Fact]
    public async Task An_empty_partition_has_an_end_too()
    {
        var cluster = new FakeCluster();
        cluster.AddTopic(Topic);
        var ended = new TaskCompletionSource<long>();
        await using RaftStreamClient client = cluster.Connect();
        Consumer consumer = client.CreateConsumer(new ConsumerOptions { PartitionEndHandler = (_, offset) => ended.TrySetResult(offset) });
        consumer.Assign(Zero, StartPosition.Beginning);
        Task<List<ConsumedRecord>> reading = TakeAsync(consumer, 1);

        Assert.Equal(0, await ended.Task.DoneAsync());

        await consumer.DisposeAsync();
        Assert.Empty(await reading);
    }

    [Fact]
    public async Task Only_one_enumeration_at_a_time()
    {
        var cluster = new FakeCluster();
        cluster.AddTopic(Topic);
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        await using var first = consumer.ConsumeAsync().GetAsyncEnumerator();

        Assert.Throws<InvalidOperationException>(() => consumer.ConsumeBatchesAsync().GetAsyncEnumerator());
    }

    [Fact]
    public async Task Cancelling_ends_the_waiting()
    {
        var cluster = new FakeCluster();
        cluster.AddTopic(Topic);
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);
        using var cancellation = new CancellationTokenSource();
        await using var records = consumer.ConsumeAsync(cancellation.Token).GetAsyncEnumerator();
        Task<bool> moving = records.MoveNextAsync().AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => moving.DoneAsync());
    }

    [Fact]
    public async Task What_is_not_assigned_cannot_be_sought()
    {
        var cluster = new FakeCluster();
        cluster.AddTopic(Topic);
        await using RaftStreamClient client = cluster.Connect();
        await using Consumer consumer = client.CreateConsumer();

        Assert.Throws<ArgumentException>(() => consumer.Seek(Zero, StartPosition.Beginning));
        Assert.Throws<ArgumentException>(() => consumer.Position(Zero));
        Assert.Throws<ArgumentException>(() => consumer.Pause(Zero));
    }

    internal static async Task<List<ConsumedRecord>> TakeAsync(Consumer consumer, int count)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        List<ConsumedRecord> records = [];
        await foreach (ConsumedRecord record in consumer.ConsumeAsync(limit.Token))
        {
            records.Add(record);
            if (records.Count == count)
            {
                break;
            }
        }

        return records;
    }
}
