using System.Text;
using RaftStream.Client.Tests.Fakes;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Client.Tests;

public sealed class ProducerTests
{
    private const string Topic = "orders";

    [Fact]
    public async Task An_awaited_record_says_where_it_is()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        log.Append("older", "records");
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });

        var record = ProducerRecord.OfText("k", "v") with { TimestampMs = 77 };
        DeliveryReport report = await producer.SendAsync(Topic, record).DoneAsync();

        Assert.Equal(new DeliveryReport(new NamedPartition(Topic, 0), Offset: 2, TimestampMs: 77), report);
        Assert.Equal(["older", "records", "v"], log.Values());
    }

    [Fact]
    public async Task Records_keep_their_order_and_share_batches()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        var deliveries = new Deliveries();
        await using Producer producer = client.CreateProducer(new ProducerOptions { BatchBytes = 1000, DeliveryHandler = deliveries });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);

        string[] values = [.. Enumerable.Range(0, 500).Select(i => $"value {i}")];
        foreach (string value in values)
        {
            Assert.True(topic.TryProduce(OptionalBytes.Null, Encoding.UTF8.GetBytes(value)));
        }

        await producer.FlushAsync().DoneAsync();

        Assert.Equal(values, log.Values());
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), deliveries.Offsets(0));
        Assert.InRange(log.BatchSizes().Count, 8, 12);
        Assert.Equal(0, producer.UnacknowledgedBytes);
    }

    [Fact]
    public async Task Keys_choose_the_partition_as_kafka_does()
    {
        var cluster = new FakeCluster();
        FakeLog[] logs = cluster.AddTopic(Topic, partitions: 7);
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });

        foreach (string key in new[] { "21", "foobar", "a-little-bit-long-string", "" })
        {
            DeliveryReport report = await producer.SendAsync(Topic, key, key).DoneAsync();
            Assert.Equal(KafkaPartitioner.Partition(Encoding.UTF8.GetBytes(key), 7), report.Partition.Partition);
            Assert.Equal(key, logs[report.Partition.Partition].Values()[^1]);
        }
    }

    [Fact]
    public async Task Records_without_a_key_fill_one_batch_after_the_other_over_all_partitions()
    {
        var cluster = new FakeCluster();
        FakeLog[] logs = cluster.AddTopic(Topic, partitions: 4);
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(
            new ProducerOptions { BatchBytes = 1024, Linger = TimeSpan.FromSeconds(60) });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);

        for (int i = 0; i < 400; i++)
        {
            Assert.True(topic.TryProduce(OptionalBytes.Null, new byte[90]));
        }

        await producer.FlushAsync().DoneAsync();

        // 400 records in batches of the same size, dealt out in turn: no partition has more than one batch more than another.
        Assert.Equal(400, logs.Sum(log => log.EndOffset));
        Assert.InRange(logs.Max(log => log.BatchSizes().Count) - logs.Min(log => log.BatchSizes().Count), 0, 1);
        Assert.All(logs.SelectMany(log => log.BatchSizes().SkipLast(1)), size => Assert.InRange(size, 8, 10));
    }

    [Fact]
    public async Task A_record_lingers_and_then_goes()
    {
        var time = new ManualTimeProvider();
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect(time);
        await using Producer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.FromMilliseconds(5) });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        Assert.True(topic.TryProduce(OptionalBytes.Null, "one"u8));
        time.Advance(TimeSpan.FromMilliseconds(4));
        Assert.True(topic.TryProduce(OptionalBytes.Null, "two"u8));
        Assert.Equal(0, log.EndOffset);

        time.Advance(TimeSpan.FromMilliseconds(1));
        await Eventually.TrueAsync(() => log.EndOffset == 2);

        Assert.Equal([2], log.BatchSizes());
    }

    [Fact]
    public async Task A_full_batch_does_not_linger()
    {
        var time = new ManualTimeProvider();
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect(time);
        await using Producer producer = client.CreateProducer(new ProducerOptions { BatchBytes = 1024, Linger = TimeSpan.FromSeconds(5) });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);

        for (int i = 0; i < 10; i++)
        {
            Assert.True(topic.TryProduce(OptionalBytes.Null, new byte[90]));
        }

        await Eventually.TrueAsync(() => log.EndOffset > 0);
        Assert.Single(log.BatchSizes());
    }

    [Fact]
    public async Task Without_linger_records_that_meet_a_busy_connection_share_a_batch()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        var held = new List<FakeProduce>();
        cluster.OnProduce = request =>
        {
            lock (held)
            {
                held.Add(request);
            }

            return FakeProduceAnswer.Hold;
        };
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero, MaxInFlightPerPartition = 1 });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        Assert.True(topic.TryProduce(OptionalBytes.Null, "first"u8));
        await Eventually.TrueAsync(() => held.Count == 1);
        for (int i = 0; i < 20; i++)
        {
            Assert.True(topic.TryProduce(OptionalBytes.Null, "later"u8));
        }

        cluster.OnProduce = null;
        held[0].Answer(FakeProduceAnswer.Append);
        await producer.FlushAsync().DoneAsync();

        Assert.Equal([1, 20], log.BatchSizes());
    }

    [Fact]
    public async Task A_named_partition_is_taken_and_a_wrong_one_refused()
    {
        var cluster = new FakeCluster();
        FakeLog[] logs = cluster.AddTopic(Topic, partitions: 3);
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });

        await producer.SendAsync(Topic, ProducerRecord.OfText("key", "v") with { Partition = 2 }).DoneAsync();
        var failure = await Assert.ThrowsAsync<RaftStreamException>(
            () => producer.SendAsync(Topic, ProducerRecord.OfText("key", "v") with { Partition = 3 }).AsTask());

        Assert.Equal(1, logs[2].EndOffset);
        Assert.Equal(ErrorCode.InvalidPartitions, failure.Code);
        Assert.Contains("partitions 0 to 2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_topic_that_is_not_there_is_said_so()
    {
        var cluster = new FakeCluster();
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer();

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => producer.SendAsync("nowhere", null, "v").AsTask());

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, failure.Code);
        Assert.Contains("\"nowhere\"", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_above_the_limit_is_refused_at_once()
    {
        var cluster = new FakeCluster();
        cluster.AddTopic(Topic);
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(new ProducerOptions { MaxRecordBytes = 1000 });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);

        var failure = Assert.Throws<RaftStreamException>(() => topic.TryProduce(OptionalBytes.Null, new byte[1000]));

        Assert.Equal(ErrorCode.MessageTooLarge, failure.Code);
        Assert.Equal(0, producer.UnacknowledgedBytes);
    }

    [Fact]
    public async Task A_record_larger_than_a_batch_travels_alone()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(new ProducerOptions { BatchBytes = 1000, Linger = TimeSpan.FromSeconds(60) });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        foreach (int size in new[] { 10, 5000, 10 })
        {
            Assert.True(topic.TryProduce(OptionalBytes.Null, new byte[size]));
        }

        await producer.FlushAsync().DoneAsync();

        Assert.Equal([1, 1, 1], log.BatchSizes());
    }

    [Fact]
    public async Task Without_acks_records_are_reported_when_sent()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(new ProducerOptions { Acks = ProducerAcks.None, Linger = TimeSpan.Zero });

        DeliveryReport report = await producer.SendAsync(Topic, null, "v").DoneAsync();

        Assert.Equal(-1, report.Offset);
        await Eventually.TrueAsync(() => log.EndOffset == 1);
    }

    [Fact]
    public async Task Disposing_sends_what_lingers_and_then_nothing_is_taken()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        Producer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.FromSeconds(60) });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        ValueTask<DeliveryReport> sent = producer.SendAsync(Topic, null, "v");

        await producer.DisposeAsync().AsTask().DoneAsync();

        Assert.Equal(0, (await sent).Offset);
        Assert.Equal(["v"], log.Values());
        Assert.Throws<ObjectDisposedException>(() => topic.TryProduce(OptionalBytes.Null, "late"u8));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => producer.SendAsync(Topic, null, "late").AsTask());
        await producer.DisposeAsync();
    }

    [Fact]
    public async Task Headers_nulls_and_empties_arrive_as_they_were()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        await using Producer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        var record = new ProducerRecord
        {
            Key = ReadOnlyMemory<byte>.Empty,
            Value = null,
            Headers = new[] { new RecordHeader("a", new byte[] { 1 }), new RecordHeader("a", null) },
        };

        await producer.SendAsync(Topic, record).DoneAsync();

        byte[] stored = log.Read(0, int.MaxValue, out _);
        using var reader = new RecordBatchReader();
        reader.Open(stored, out _, out RecordEnumerator records);
        Assert.True(records.MoveNext());
        Assert.False(records.Current.IsKeyNull);
        Assert.True(records.Current.IsValueNull);
        Assert.Equal(2, records.Current.Headers.Count);
    }

    [Fact]
    public async Task A_handler_that_throws_is_told_on_and_loses_nothing()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        Producer producer = client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero, DeliveryHandler = new Thrower() });

        DeliveryReport report = await producer.SendAsync(Topic, null, "a").DoneAsync();
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => producer.FlushAsync());

        Assert.IsType<NotSupportedException>(failure.InnerException);
        Assert.Equal(0, report.Offset);
        Assert.Equal(1, log.EndOffset);
        Assert.Equal(0, producer.UnacknowledgedBytes);
        await Assert.ThrowsAsync<InvalidOperationException>(() => producer.DisposeAsync().AsTask());
    }

    [Fact]
    public async Task Producing_allocates_nothing_for_a_record()
    {
        var cluster = new FakeCluster();
        FakeLog log = cluster.AddTopic(Topic)[0];
        await using RaftStreamClient client = cluster.Connect();
        var options = new ProducerOptions { Linger = TimeSpan.FromSeconds(60), BatchBytes = 1024 * 1024 };
        await using Producer producer = client.CreateProducer(options);
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        byte[] key = new byte[10];
        byte[] value = new byte[90];
        // The batch's buffer grows while the first records come.
        Produce(5000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Produce(1000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        await producer.FlushAsync().DoneAsync();
        Assert.Equal([6000], log.BatchSizes());

        void Produce(int records)
        {
            for (int i = 0; i < records; i++)
            {
                Assert.True(topic.TryProduce(key, value));
            }
        }
    }

    private sealed class Thrower : IDeliveryHandler
    {
        public void OnDelivered(in DeliveryRange range) => throw new NotSupportedException();
    }
}
