using Google.Protobuf;
using RaftStream.Client.V1;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Integration.Kafka;

/// <summary>A topic written through both doors is the same through both.</summary>
public sealed class TwoDoorsTests(SharedBroker broker) : IClassFixture<SharedBroker>
{
    private static readonly string[] Names = ["trace", "kind", "trace"];

    [KafkaFact(KafkaClient.Kcat)]
    public async Task What_either_door_wrote_both_doors_read()
    {
        string topic = await broker.CreateTopicAsync("both", partitions: 1);
        await ByGrpcAsync(topic, new Record { Key = Bytes("k"), Value = Bytes("from gRPC"), TimestampMs = 1_000, Headers = { HeadersOf("g") } });
        await broker.Kcat.ProduceAsync(
            topic, ["k:from Kafka", "tombstone:"], "-K", ":", "-Z", "-z", "lz4", "-H", "trace=k0", "-H", "kind=k1", "-H", "trace=k2");
        await ByGrpcAsync(topic, new Record { Value = Bytes("no key, ünïcode") }, new Record { Key = Bytes("tombstone of gRPC") }, new Record { Value = Bytes("") });
        await broker.Kcat.ProduceAsync(topic, [.. Enumerable.Range(0, 200).Select(i => $"{i}:value {i}")], "-K", ":", "-z", "zstd");

        List<Record> byGrpc = await broker.Client.ReadAllAsync(topic, 0);
        List<KcatRecord> byKafka = await broker.Kcat.ReadAsync(topic);

        Assert.Equal(206, byGrpc.Count);
        Assert.Equal(byGrpc.Select(Told), byKafka.Select(Told));
        Assert.Equal(("k", "from gRPC", 1_000L), (byKafka[0].Key, byKafka[0].Value, byKafka[0].Timestamp));
        Assert.Equal([("trace", "g0"), ("kind", "g1"), ("trace", "g2")], byKafka[0].Headers);
        Assert.Equal(["k0", "k1", "k2"], byGrpc[1].Headers.Select(header => header.Value.ToStringUtf8()));
        Assert.Equal(("tombstone", false), (byGrpc[2].Key.ToStringUtf8(), byGrpc[2].HasValue));
        Assert.Equal((null, "no key, ünïcode"), (byKafka[3].Key, byKafka[3].Value));
        Assert.Null(byKafka[4].Value);
    }

    [KafkaFact(KafkaClient.Kcat)]
    public async Task Compacted_topics_are_not_served_yet_and_neither_door_pretends()
    {
        TopicResult refused = await broker.Client.CreateTopicAsync("compacted", 1, ("cleanup.policy", "compact"));

        Assert.Equal("INVALID_CONFIG", refused.Error.Name);
        Assert.DoesNotContain("compacted", (await broker.Kcat.RunAsync("-L")).Output, StringComparison.Ordinal);
    }

    private async Task ByGrpcAsync(string topic, params Record[] records) =>
        Assert.Null((await broker.Client.Log.ProduceAsync(new ProduceRequest { Topic = new TopicRef { Name = topic }, Records = { records } })).Error);

    private static IEnumerable<Header> HeadersOf(string prefix) =>
        Names.Select((name, i) => new Header { Key = name, Value = Bytes($"{prefix}{i}") });

    private static string Told(Record record) => Told(
        record.Offset,
        record.TimestampMs,
        record.HasKey ? record.Key.ToStringUtf8() : null,
        record.HasValue ? record.Value.ToStringUtf8() : null,
        record.Headers.Select(header => (header.Key, header.HasValue ? header.Value.ToStringUtf8() : null)));

    private static string Told(KcatRecord record) => Told(record.Offset, record.Timestamp, record.Key, record.Value, record.Headers);

    private static string Told(long offset, long time, string? key, string? value, IEnumerable<(string Name, string? Value)> headers) =>
        $"{offset} {time} {key ?? "(null)"} {value ?? "(null)"} {string.Join(',', headers.Select(header => $"{header.Name}={header.Value ?? "(null)"}"))}";

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);
}
