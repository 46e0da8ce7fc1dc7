using RaftStream.Rpc.Tests.Foreign;

namespace RaftStream.Integration.Kafka;

/// <summary>kafkajs. What it asks and expects is in <c>Foreign/kafka.js</c>.</summary>
public sealed class KafkaJsTests(SharedBroker broker) : IClassFixture<SharedBroker>
{
    [KafkaFact(KafkaClient.KafkaJs)]
    public Task Administers_produces_fetches_and_looks_up_offsets() => SucceedsAsync("from-kafkajs", "administrate", "produceAndRead", "positions");

    [KafkaFact(KafkaClient.KafkaJs)]
    public Task Describes_and_replaces_configs() => SucceedsAsync("configured", "configure");

    private async Task SucceedsAsync(string topic, params string[] steps)
    {
        ToolRun run = await ToolRun.OfAsync(
            "node", [KafkaTool.SourceOf("kafka.js"), broker.Process.KafkaEndpoint, topic, .. steps], nodePath: ForeignTool.NodeModules);

        Assert.True(run.ExitCode == 0, $"{run.Complaints}\nThe broker's log:\n{broker.Process.Log.Text}");
    }
}
