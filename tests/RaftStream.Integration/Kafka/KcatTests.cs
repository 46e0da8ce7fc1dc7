using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using RaftStream.Client.V1;
using RaftStream.Integration.Harness;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Integration.Kafka;

/// <summary>kcat, unmodified, against a broker.</summary>
public sealed class KcatTests(SharedBroker broker) : IClassFixture<SharedBroker>
{
    // The topic's default for max.message.bytes, which a batch of one record just keeps to.
    private const int LargestValue = 1_048_588 - 80;

    private readonly Kcat _kcat = broker.Kcat;

    [KafkaTheory(KafkaClient.Kcat)]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task Records_of_each_codec_come_back_and_are_stored_in_it(string codec)
    {
        string topic = await broker.CreateTopicAsync($"codec-{codec}");
        string[] values = [.. Enumerable.Range(0, 500).Select(i => $"a value that compresses well, number {i}")];

        await _kcat.ProduceAsync(topic, values, "-z", codec, "-X", "linger.ms=500");

        Assert.Equal(values, (await _kcat.ReadAsync(topic)).Select(record => record.Value));
        Assert.All(await broker.Client.StoredBatchesAsync(topic), header => Assert.Equal(codec, $"{header.Codec}".ToLowerInvariant()));
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task Null_and_empty_keys_and_values_differ()
    {
        string topic = await broker.CreateTopicAsync("nulls");

        await _kcat.ProduceAsync(topic, ["k:v", ":no key", "empty:"], "-K", ":");
        await _kcat.ProduceAsync(topic, ["tombstone:"], "-K", ":", "-Z");

        Assert.Equal(
            [("k", "v"), ("", "no key"), ("empty", ""), ("tombstone", null)],
            (await _kcat.ReadAsync(topic)).Select(record => (record.Key, record.Value)));
        await _kcat.ProduceAsync(topic, ["without a key"]);
        Assert.Null((await _kcat.ReadAsync(topic, "-o", "-1"))[0].Key);
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task Headers_keep_their_order_and_may_repeat_and_be_null()
    {
        string topic = await broker.CreateTopicAsync("headers");

        await _kcat.ProduceAsync(topic, ["v"], "-H", "b=1", "-H", "a=zwei", "-H", "b=3", "-H", "none");

        Assert.Equal([("b", "1"), ("a", "zwei"), ("b", "3"), ("none", null)], Assert.Single(await _kcat.ReadAsync(topic)).Headers);
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task A_record_near_the_limit_is_taken_and_one_above_is_refused_by_name()
    {
        string topic = await broker.CreateTopicAsync("big");
        string limit = "message.max.bytes=2000000"; // the client's own

        await _kcat.ProduceAsync(topic, [new string('x', LargestValue)], "-X", limit);
        ToolRun above = await _kcat.RunAsync(Bytes(new string('y', LargestValue + 100)), "-P", "-t", topic, "-X", limit);

        Assert.Equal(1, above.ExitCode);
        Assert.Contains("Message size too large", above.Complaints, StringComparison.Ordinal);
        Assert.Equal(LargestValue, Assert.Single(await _kcat.ReadAsync(topic)).Value!.Length);
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task Many_tiny_records_keep_their_order()
    {
        string topic = await broker.CreateTopicAsync("tiny");
        string[] values = [.. Enumerable.Range(0, 50_000).Select(i => $"{i % 10}")];

        await _kcat.ProduceAsync(topic, values);
        ToolRun read = await _kcat.RunAsync("-C", "-t", topic, "-e", "-q", "-o", "beginning", "-f", "%o %s\n");

        Assert.Equal(values.Select((value, i) => $"{i} {value}"), read.Lines());
    }

    [KafkaTheory(KafkaClient.Kcat)]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("all")]
    public async Task Any_acks(string acks)
    {
        string topic = await broker.CreateTopicAsync($"acks-{acks}");

        await _kcat.ProduceAsync(topic, ["one", "two", "three"], "-X", $"topic.acks={acks}");

        await Eventually.HoldsAsync(
            async () => (await broker.Client.ReadAllAsync(topic, 0)).Count == 3, () => "not all are there"); // nobody waited with acks=0
        Assert.Equal(["one", "two", "three"], (await _kcat.ReadAsync(topic)).Select(record => record.Value));
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task Offsets_from_the_front_from_the_back_and_by_number()
    {
        string topic = await broker.CreateTopicAsync("offsets");
        await _kcat.ProduceAsync(topic, Enumerable.Range(0, 10).Select(i => $"{i}"));

        Assert.Equal(["7", "8", "9"], await ReadAsync("-3"));
        Assert.Equal(["4", "5"], await ReadAsync("4", "-c", "2"));
        Assert.Empty(await ReadAsync("end"));

        async Task<IEnumerable<string?>> ReadAsync(string from, params string[] more) =>
            (await _kcat.ReadAsync(topic, ["-o", from, .. more])).Select(record => record.Value);
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task Seeks_by_time()
    {
        string topic = await broker.CreateTopicAsync("times");
        foreach (long time in new[] { 1_000, 2_000, 3_000, 3_000, 5_000, 4_000, 6_000 })
        {
            await ProduceAtAsync(topic, time);
        }

        Assert.Equal([2L, 3, 4, 5, 6], await OffsetsAsync("s@2500"));
        Assert.Equal([2L, 3, 4, 5, 6], await OffsetsAsync("s@3000"));
        Assert.Equal([1L, 2, 3], await OffsetsAsync("s@1001", "-o", "e@4500"));
        Assert.Empty(await OffsetsAsync("s@6001"));
        Assert.Equal([$"{topic} [0] offset 4"], (await _kcat.RunAsync("-Q", "-t", $"{topic}:0:3001")).Lines());
        Assert.Equal([$"{topic} [0] offset 0"], (await _kcat.RunAsync("-Q", "-t", $"{topic}:0:-2")).Lines());
        Assert.Equal([$"{topic} [0] offset 7"], (await _kcat.RunAsync("-Q", "-t", $"{topic}:0:-1")).Lines());
        Assert.Equal([5_000L], (await _kcat.ReadAsync(topic, "-o", "4", "-c", "1")).Select(record => record.Timestamp));

        async Task<IEnumerable<long>> OffsetsAsync(string from, params string[] more) =>
            (await _kcat.ReadAsync(topic, ["-o", from, .. more])).Select(record => record.Offset);
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task The_time_is_the_producers_or_the_brokers_as_the_topic_says()
    {
        string created = await broker.CreateTopicAsync("created");
        string appended = await broker.CreateTopicAsync("appended", 1, ("message.timestamp.type", "LogAppendTime"));
        foreach (string topic in new[] { created, appended })
        {
            await ProduceAtAsync(topic, 1_000);
        }

        KcatRecord ofProducer = Assert.Single(await _kcat.ReadAsync(created));
        KcatRecord ofBroker = Assert.Single(await _kcat.ReadAsync(appended));

        Assert.Equal(("create", 1_000L), (ofProducer.TimestampType, ofProducer.Timestamp));
        Assert.Equal("logappend", ofBroker.TimestampType);
        Assert.NotEqual(1_000L, ofBroker.Timestamp);
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task Lists_brokers_topics_and_partitions()
    {
        string topic = await broker.CreateTopicAsync("listed", partitions: 3);

        using var json = JsonDocument.Parse((await _kcat.RunAsync("-L", "-J", "-t", topic)).Output);

        JsonElement node = Assert.Single(json.RootElement.GetProperty("brokers").EnumerateArray());
        Assert.Equal(broker.Process.KafkaEndpoint, node.GetProperty("name").GetString());
        JsonElement listed = Assert.Single(json.RootElement.GetProperty("topics").EnumerateArray());
        Assert.Equal(topic, listed.GetProperty("topic").GetString());
        Assert.Equal([0, 1, 2], listed.GetProperty("partitions").EnumerateArray().Select(partition => partition.GetProperty("partition").GetInt32()));
        Assert.All(listed.GetProperty("partitions").EnumerateArray(), partition => Assert.Equal(1, partition.GetProperty("leader").GetInt32()));
        Assert.Contains($"topic \"{topic}\" with 3 partitions", (await _kcat.RunAsync("-L")).Output, StringComparison.Ordinal);
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task What_goes_wrong_is_told_by_name()
    {
        string topic = await broker.CreateTopicAsync("errors");

        await FailsAsync("Unknown topic", "-P", "-t", "nowhere");
        await FailsAsync("Invalid topic", "-P", "-t", "not a name");
        await FailsAsync("does not exist", "-C", "-t", topic, "-p", "7", "-e");
        await FailsAsync("Offset out of range", "-C", "-t", topic, "-o", "999", "-e", "-X", "topic.auto.offset.reset=error");
        Assert.DoesNotContain("nowhere", (await _kcat.RunAsync("-L")).Output, StringComparison.Ordinal);

        async Task FailsAsync(string reason, params string[] arguments)
        {
            ToolRun run = await _kcat.RunAsync(Bytes("v"), [.. arguments, "-X", "topic.message.timeout.ms=20000", "-X", "topic.metadata.propagation.max.ms=0"]);
            Assert.Equal(1, run.ExitCode);
            Assert.Contains(reason, run.Complaints, StringComparison.Ordinal);
        }
    }

    // kcat cannot say a time itself.
    private async Task ProduceAtAsync(string topic, long time)
    {
        var record = new Record { Value = ByteString.CopyFromUtf8(time.ToString(CultureInfo.InvariantCulture)), TimestampMs = time };
        ProduceResponse response = await broker.Client.Log.ProduceAsync(
            new ProduceRequest { Topic = new TopicRef { Name = topic }, Records = { record } });
        Assert.Null(response.Error);
    }

    private static ReadOnlyMemory<byte> Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
