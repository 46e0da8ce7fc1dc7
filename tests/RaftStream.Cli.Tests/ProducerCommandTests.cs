using System.Text.Json;

namespace RaftStream.Cli.Tests;

/// <summary><c>producer describe</c> against a real broker.</summary>
public sealed class ProducerCommandTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    [Fact]
    public async Task Who_has_written_to_a_topic_is_shown()
    {
        await broker.RunAsync("topic", "create", "orders", "--partitions", "2");
        CliOutcome nobody = await broker.RunAsync("producer", "describe", "orders");
        await broker.RunAsync(CliInput.OfText("a\nb\nc\n"), "produce", "orders", "--partition", "1");

        CliOutcome text = await broker.RunAsync("producer", "describe", "orders");
        CliOutcome json = await broker.RunAsync("producer", "describe", "orders", "--partition", "1", "--output", "json");
        CliOutcome other = await broker.RunAsync("producer", "describe", "orders", "--partition", "0", "--output", "json");

        Assert.Equal((ExitCode.Ok, "No idempotent producer is known.\n"), (nobody.ExitCode, nobody.Out));
        Assert.Contains("last sequence", text.Out, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(json.Out);
        JsonElement producer = document.RootElement.GetProperty("producers").EnumerateArray().Single();
        Assert.Equal(
            ["topic", "partition", "producerId", "producerEpoch", "lastSequence", "lastTimestampMs", "coordinatorEpoch", "transactionStartOffset"],
            producer.EnumerateObject().Select(property => property.Name));
        Assert.Equal((1, 0, 2), (producer.GetProperty("partition").GetInt32(), producer.GetProperty("producerEpoch").GetInt32(), producer.GetProperty("lastSequence").GetInt32()));
        using JsonDocument empty = JsonDocument.Parse(other.Out);
        Assert.Empty(empty.RootElement.GetProperty("producers").EnumerateArray());
    }

    [Fact]
    public async Task A_topic_or_partition_that_is_not_there_is_said()
    {
        await broker.RunAsync("topic", "create", "payments");

        CliOutcome topic = await broker.RunAsync("producer", "describe", "nothing");
        CliOutcome partition = await broker.RunAsync("producer", "describe", "payments", "--partition", "7");

        Assert.Equal(ExitCode.Failed, topic.ExitCode);
        Assert.Equal(ExitCode.Failed, partition.ExitCode);
        Assert.Contains("There is no partition 7", partition.Error, StringComparison.Ordinal);
    }
}
