using RaftStream.Integration.Harness;

namespace RaftStream.Integration.Kafka;

/// <summary>librdkafka under a program of ours: positions and administration.</summary>
public sealed class LibrdkafkaTests(SharedBroker broker) : IClassFixture<SharedBroker>, IDisposable
{
    private readonly TempFolder _folder = new();

    [KafkaFact(KafkaClient.Librdkafka)]
    public async Task Positions_by_offset_by_time_and_by_seeking() =>
        await SucceedsAsync("positions", await broker.CreateTopicAsync("positions"));

    [KafkaFact(KafkaClient.Librdkafka)]
    public Task Administrators_create_grow_empty_and_delete_topics() => SucceedsAsync("admin", "administered");

    [KafkaFact(KafkaClient.Librdkafka)]
    public Task Administrators_describe_and_replace_configs() => SucceedsAsync("configs", "configured");

    public void Dispose() => _folder.Dispose();

    private async Task SucceedsAsync(string command, string topic)
    {
        string program = await RdkafkaClient.CompileAsync(_folder.Path);
        ToolRun run = await ToolRun.OfAsync(program, [command, broker.Process.KafkaEndpoint, topic]);
        Assert.True(run.ExitCode == 0, $"{run.Complaints}\nThe broker's log:\n{broker.Process.Log.Text}");
        Assert.EndsWith("ok\n", run.Output, StringComparison.Ordinal);
    }
}
