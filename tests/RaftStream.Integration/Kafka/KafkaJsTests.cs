using RaftStream.Records;
using RaftStream.Rpc.Tests.Foreign;

namespace RaftStream.Integration.Kafka;

/// <summary>kafkajs. What it asks and expects is in <c>Foreign/kafka.js</c>.</summary>
public sealed class KafkaJsTests(SharedBroker broker) : IClassFixture<SharedBroker>
{
    [KafkaFact(KafkaClient.KafkaJs)]
    public Task Administers_produces_fetches_and_looks_up_offsets() => SucceedsAsync("from-kafkajs", "administrate", "produceAndRead", "positions");

    [KafkaFact(KafkaClient.KafkaJs)]
    public Task Describes_and_replaces_configs() => SucceedsAsync("configured", "configure");

    [KafkaFact(KafkaClient.KafkaJs, KafkaClient.Kcat)]
    public async Task Records_of_each_codec_pass_between_librdkafka_and_kafkajs_and_are_stored_in_it()
    {
        CompressionCodec[] codecs = Enum.GetValues<CompressionCodec>(); // a partition for each
        string topic = await broker.CreateTopicAsync("codecs", codecs.Length);
        string[] byKcat = [.. Enumerable.Range(0, 500).Select(i => $"librdkafka's value, which compresses well, number {i}")];
        string[] byKafkaJs = [.. Enumerable.Range(0, 500).Select(i => $"kafkajs' value, which compresses well, number {i}")];
        foreach (CompressionCodec codec in codecs)
        {
            await broker.Kcat.ProduceAsync(
                topic, byKcat, "-p", $"{(int)codec}", "-z", $"{codec}".ToLowerInvariant(), "-X", "linger.ms=500");
        }

        await SucceedsAsync(topic, "codecs");

        foreach (CompressionCodec codec in codecs)
        {
            int partition = (int)codec;
            Assert.Equal([.. byKcat, .. byKafkaJs], (await broker.Kcat.ReadAsync(topic, "-p", $"{partition}")).Select(record => record.Value));
            Assert.Equal([.. byKcat, .. byKafkaJs], (await broker.Client.ReadAllAsync(topic, partition)).Select(record => record.Value.ToStringUtf8()));
            Assert.All(await broker.Client.StoredBatchesAsync(topic, partition), header => Assert.Equal(codec, header.Codec));
        }
    }

    private async Task SucceedsAsync(string topic, params string[] steps)
    {
        ToolRun run = await ToolRun.OfAsync(
            "node", [KafkaTool.SourceOf("kafka.js"), broker.Process.KafkaEndpoint, topic, .. steps], nodePath: ForeignTool.NodeModules);

        Assert.True(run.ExitCode == 0, $"{run.Complaints}\nThe broker's log:\n{broker.Process.Log.Text}");
    }
}
