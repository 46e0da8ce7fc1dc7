using RaftStream.Client.Tests.Fakes;
using RaftStream.Embedded;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Client.Tests;

public sealed class EndToEndTests : IAsyncLifetime
{
    private const string Topic = "orders";

    private static readonly NamedPartition Zero = new(Topic, 0);

    private RaftStreamBroker _broker = null!;
    private RaftStreamClient _client = null!;

    public async Task InitializeAsync()
    {
        _broker = await EmbeddedBrokerTests.StartAsync(inMemory: true, partitions: 2).DoneAsync();
        _client = _broker.CreateClient();
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    [InlineData(CompressionCodec.Lz4)]
    [InlineData(CompressionCodec.Zstd)]
    public async Task Every_codec_goes_there_and_back(CompressionCodec codec)
    {
        Assert.True(CompressionCodecs.Check(codec).IsValid);
        var deliveries = new Deliveries();
        Producer producer = _client.CreateProducer(new ProducerOptions { Codec = codec, BatchBytes = 4096, DeliveryHandler = deliveries });
        ProducerTopic topic = await producer.GetTopicAsync(Topic);
        string[] values = [.. Enumerable.Range(0, 500).Select(i => $"a value that compresses, and number {i}")];
        foreach (string value in values)
        {
            Assert.True(topic.TryProduce(new BorrowedRecord { Value = System.Text.Encoding.UTF8.GetBytes(value), Partition = 0 }, out _));
        }

        await producer.DisposeAsync();

        await using Consumer consumer = _client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);
        Assert.Equal(values, (await ConsumerTests.TakeAsync(consumer, values.Length)).Select(record => record.ValueText));
        Assert.Equal(500, deliveries.Offsets(0).Count);
    }

    [Fact]
    public async Task All_parts_of_a_record_come_back()
    {
        await using Producer producer = _client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        var record = new ProducerRecord
        {
            Key = new byte[] { 1 },
            Value = null,
            Headers = new[] { new RecordHeader("a", new byte[] { 1, 2 }), new RecordHeader("a", null), new RecordHeader("", Array.Empty<byte>()) },
            Partition = 0,
            TimestampMs = 1234,
        };
        await producer.SendAsync(Topic, record).DoneAsync();
        await producer.SendAsync(Topic, record with { Key = null, Value = Array.Empty<byte>(), Headers = default }).DoneAsync();

        await using Consumer consumer = _client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);
        List<ConsumedRecord> records = await ConsumerTests.TakeAsync(consumer, 2);

        Assert.Equal([1], records[0].Key!.Value.ToArray());
        Assert.Null(records[0].Value);
        Assert.Equal(1234, records[0].TimestampMs);
        Assert.Equal(["a", "a", ""], records[0].Headers.Select(header => header.Key));
        Assert.Equal([1, 2], records[0].Headers[0].Value!.Value.ToArray());
        Assert.Null(records[0].Headers[1].Value);
        Assert.Equal(0, records[0].Headers[2].Value!.Value.Length);
        Assert.Null(records[1].Key);
        Assert.Equal(0, records[1].Value!.Value.Length);
        Assert.Empty(records[1].Headers);
    }

    [Fact]
    public async Task A_topic_with_append_time_stamps_the_records()
    {
        await _client.Admin.AlterTopicConfigsAsync(Topic, new Dictionary<string, string?> { ["message.timestamp.type"] = "LogAppendTime" }).DoneAsync();
        await using Producer producer = _client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });

        DeliveryReport report = await producer.SendAsync(Topic, ProducerRecord.OfText(null, "v") with { Partition = 0, TimestampMs = 1234 }).DoneAsync();

        await using Consumer consumer = _client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);
        ConsumedRecord record = (await ConsumerTests.TakeAsync(consumer, 1))[0];
        Assert.NotEqual(1234, record.TimestampMs);
        Assert.Equal(report.TimestampMs, record.TimestampMs);
    }

    [Fact]
    public async Task Reading_begins_at_a_time()
    {
        await using Producer producer = _client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        foreach (long time in new long[] { 1000, 2000, 3000 })
        {
            await producer.SendAsync(Topic, ProducerRecord.OfText(null, $"{time}") with { Partition = 0, TimestampMs = time }).DoneAsync();
        }

        await using Consumer consumer = _client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.AtTime(DateTimeOffset.FromUnixTimeMilliseconds(1001)));
        Assert.Equal(["2000", "3000"], (await ConsumerTests.TakeAsync(consumer, 2)).Select(record => record.ValueText));

        consumer.Seek(Zero, StartPosition.AtTime(DateTimeOffset.FromUnixTimeMilliseconds(9000)));
        await Eventually.TrueAsync(() => consumer.Position(Zero) == 3);
    }

    [Fact]
    public async Task A_batch_above_the_topics_limit_is_refused_with_the_reason()
    {
        await _client.Admin.AlterTopicConfigsAsync(Topic, new Dictionary<string, string?> { ["max.message.bytes"] = "1000" }).DoneAsync();
        await using Producer producer = _client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => producer.SendAsync(Topic, new byte[5000]).DoneAsync());

        Assert.Equal(ErrorCode.MessageTooLarge, failure.Code);
        Assert.Equal("small", await RoundTripAsync(producer, "small"));
    }

    [Fact]
    public async Task Waiting_at_the_end_records_come_as_they_are_produced()
    {
        await using Consumer consumer = _client.CreateConsumer();
        await consumer.AssignTopicAsync(Topic, StartPosition.Beginning);
        await using var reading = consumer.ConsumeAsync().GetAsyncEnumerator();
        await using Producer producer = _client.CreateProducer(new ProducerOptions { Linger = TimeSpan.Zero });
        for (int i = 0; i < 50; i++)
        {
            await producer.SendAsync(Topic, null, $"{i}").DoneAsync();
            Assert.True(await reading.MoveNextAsync().DoneAsync());
            Assert.Equal($"{i}", reading.Current.ValueText);
        }
    }

    [Fact]
    public async Task Empty_partitions_have_an_end_within_a_heartbeat()
    {
        var ends = new SemaphoreSlim(0);
        await using Consumer consumer = _client.CreateConsumer(new ConsumerOptions
        {
            Heartbeat = TimeSpan.FromMilliseconds(20),
            PartitionEndHandler = (_, offset) => ends.Release(),
        });
        await consumer.AssignTopicAsync(Topic, StartPosition.Beginning);
        await using var reading = consumer.ConsumeAsync().GetAsyncEnumerator();
        _ = reading.MoveNextAsync().AsTask();

        Assert.True(await ends.WaitAsync(Eventually.Limit));
        Assert.True(await ends.WaitAsync(Eventually.Limit));
        Assert.Equal(0, consumer.HighWatermark(Zero));
        await consumer.DisposeAsync();
    }

    [Fact]
    public async Task A_deleted_topic_ends_the_reading_with_the_reason()
    {
        await using RaftStreamClient client = new(new RaftStreamClientOptions
        {
            BootstrapEndpoints = [_broker.Endpoint],
            UnknownTopicGrace = TimeSpan.FromMilliseconds(100),
        });
        await using Consumer consumer = client.CreateConsumer();
        consumer.Assign(Zero, StartPosition.Beginning);
        Task reading = ConsumerTests.TakeAsync(consumer, 1);
        await Eventually.TrueAsync(() => consumer.Position(Zero) == 0);

        await client.Admin.DeleteTopicAsync(Topic).DoneAsync();

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => reading);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, failure.Code);
    }

    [Fact]
    public async Task Nobody_there_is_said_with_the_address()
    {
        await _broker.StopAsync();
        await using RaftStreamClient client = new(new RaftStreamClientOptions
        {
            BootstrapEndpoints = [_broker.Endpoint],
            OperationTimeout = TimeSpan.FromMilliseconds(200),
            UnknownTopicGrace = TimeSpan.FromMilliseconds(200),
        });

        var failure = await Assert.ThrowsAsync<RaftStreamException>(() => client.Admin.ListTopicsAsync());

        Assert.Equal(ErrorCode.NetworkException, failure.Code);
        Assert.Contains(_broker.Endpoint, failure.Message, StringComparison.Ordinal);
        await using Producer producer = client.CreateProducer();
        await Assert.ThrowsAsync<RaftStreamException>(() => producer.SendAsync(Topic, null, "v").DoneAsync());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("host:")]
    [InlineData(":9090")]
    [InlineData("ftp://host:9090")]
    [InlineData("host:9090/path")]
    public void A_wrong_address_is_a_callers_mistake(string endpoint) => Assert.Throws<ArgumentException>(() => new RaftStreamClient(endpoint));

    [Fact]
    public void No_address_is_a_callers_mistake() =>
        Assert.Throws<ArgumentException>(() => new RaftStreamClient(new RaftStreamClientOptions { BootstrapEndpoints = [] }));

    private async Task<string?> RoundTripAsync(Producer producer, string value)
    {
        DeliveryReport report = await producer.SendAsync(Topic, null, value).DoneAsync();
        await using Consumer consumer = _client.CreateConsumer();
        consumer.Assign(report.Partition, StartPosition.AtOffset(report.Offset));
        return (await ConsumerTests.TakeAsync(consumer, 1))[0].ValueText;
    }
}
