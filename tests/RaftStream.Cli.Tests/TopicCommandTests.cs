using System.Text.Json;

namespace RaftStream.Cli.Tests;

/// <summary><c>topic create|list|describe|delete|alter</c> against a real broker.</summary>
public sealed class TopicCommandTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    [Fact]
    public async Task A_topic_is_created_described_and_deleted()
    {
        CliOutcome created = await broker.RunAsync("topic", "create", "orders", "--partitions", "3", "--config", "retention.ms=1000");
        JsonElement described = await JsonAsync("topic", "describe", "orders");
        CliOutcome deleted = await broker.RunAsync("topic", "delete", "orders");
        CliOutcome gone = await broker.RunAsync("topic", "describe", "orders");

        Assert.Equal("topic \"orders\" created: 3 partitions, 1 replica each\n", created.Out);
        Assert.Equal([0, 1, 2], described.GetProperty("partitions").EnumerateArray().Select(partition => partition.GetProperty("partition").GetInt32()));
        Assert.Contains(
            described.GetProperty("configs").EnumerateArray(),
            config => config.GetProperty("key").GetString() == "retention.ms" && config.GetProperty("value").GetString() == "1000");
        Assert.Equal("topic \"orders\" deleted\n", deleted.Out);
        Assert.Equal(ExitCode.Failed, gone.ExitCode);
        Assert.StartsWith("error: There is no topic 'orders'. [UNKNOWN_TOPIC_OR_PARTITION]\n", gone.Error, StringComparison.Ordinal);
        Assert.Contains("raftstream topic list", gone.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_looks_like_an_option_goes_behind_two_dashes()
    {
        CliOutcome created = await broker.RunAsync("topic", "create", "--partitions", "2", "--", "--odd");
        CliOutcome refused = await broker.RunAsync("topic", "delete", "--odd");
        CliOutcome deleted = await broker.RunAsync("topic", "delete", "--", "--odd");

        Assert.Equal("topic \"--odd\" created: 2 partitions, 1 replica each\n", created.Out);
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Equal("topic \"--odd\" deleted\n", deleted.Out);
    }

    [Fact]
    public async Task A_description_as_json_has_these_fields()
    {
        string topic = await broker.CreateTopicAsync();

        JsonElement root = await JsonAsync("topic", "describe", topic, "--configs");

        Assert.Equal(["topic", "topicId", "internal", "partitions", "configs"], NamesOf(root));
        Assert.Equal(
            [
                "partition", "leader", "leaderEpoch", "replicas", "isr", "elr", "adding", "removing", "logStartOffset", "highWatermark", "logEndOffset",
                "durableEnd", "segments", "sizeBytes",
            ],
            NamesOf(root.GetProperty("partitions")[0]));
        Assert.Equal(["key", "value", "source", "type", "readOnly"], NamesOf(root.GetProperty("configs")[0]));
    }

    [Fact]
    public async Task Topics_are_listed_as_text_and_json()
    {
        string topic = await broker.CreateTopicAsync(partitions: 4);

        CliOutcome text = await broker.RunAsync("topic", "list");
        JsonElement json = await JsonAsync("topic", "list");

        Assert.Contains(topic, text.Out, StringComparison.Ordinal);
        JsonElement listed = json.GetProperty("topics").EnumerateArray().Single(one => one.GetProperty("topic").GetString() == topic);
        Assert.Equal(["topic", "topicId", "internal", "partitions", "replicationFactor"], NamesOf(listed));
        Assert.Equal(4, listed.GetProperty("partitions").GetInt32());
    }

    [Fact]
    public async Task A_topic_that_exists_is_an_error_unless_pardoned()
    {
        string topic = await broker.CreateTopicAsync();

        CliOutcome refused = await broker.RunAsync("topic", "create", topic, $"{topic}-2");
        CliOutcome pardoned = await broker.RunAsync("topic", "create", topic, "--if-not-exists");
        JsonElement json = await JsonAsync("topic", "create", topic, "--if-not-exists");

        Assert.Equal(ExitCode.Failed, refused.ExitCode);
        Assert.StartsWith($"error: topic \"{topic}\" not created: ", refused.Error, StringComparison.Ordinal);
        Assert.Contains("[TOPIC_ALREADY_EXISTS]", refused.Error, StringComparison.Ordinal);
        Assert.Contains($"topic \"{topic}-2\" created", refused.Out, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, pardoned.ExitCode);
        Assert.Equal($"topic \"{topic}\" exists already\n", pardoned.Out);
        Assert.Equal("exists already", json.GetProperty("topics")[0].GetProperty("result").GetString());
    }

    [Fact]
    public async Task A_missing_topic_cannot_be_deleted_unless_pardoned()
    {
        CliOutcome refused = await broker.RunAsync("topic", "delete", "nothing");
        CliOutcome pardoned = await broker.RunAsync("topic", "delete", "nothing", "--if-exists");

        Assert.Equal(ExitCode.Failed, refused.ExitCode);
        Assert.Contains("[UNKNOWN_TOPIC_OR_PARTITION]", refused.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, pardoned.ExitCode);
    }

    [Theory]
    [InlineData("bad/name", null, "[INVALID_TOPIC_EXCEPTION]")]
    [InlineData("good-name", "no.such.key=1", "[INVALID_CONFIG]")]
    [InlineData("good-name", "retention.ms=often", "[INVALID_CONFIG]")]
    public async Task What_the_broker_refuses_is_told_with_kafkas_name(string name, string? config, string code)
    {
        CliOutcome outcome = await broker.RunAsync(["topic", "create", name, .. config is null ? [] : (string[])["--config", config]]);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains(code, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_topic_gets_partitions_and_configs()
    {
        string topic = await broker.CreateTopicAsync(partitions: 1);

        CliOutcome altered = await broker.RunAsync("topic", "alter", topic, "--partitions", "2", "--config", "retention.ms=5000");
        CliOutcome reset = await broker.RunAsync("topic", "alter", topic, "--reset", "retention.ms");
        JsonElement described = await JsonAsync("topic", "describe", topic);

        Assert.Equal($"topic \"{topic}\" altered: 2 partitions, retention.ms=5000\n", altered.Out);
        Assert.Equal($"topic \"{topic}\" altered: retention.ms reset\n", reset.Out);
        Assert.Equal(2, described.GetProperty("partitions").GetArrayLength());
        Assert.DoesNotContain(
            described.GetProperty("configs").EnumerateArray(), config => config.GetProperty("key").GetString() == "retention.ms");
    }

    [Fact]
    public async Task A_wrong_config_keeps_the_partitions_from_being_added()
    {
        string topic = await broker.CreateTopicAsync(partitions: 1);

        CliOutcome outcome = await broker.RunAsync("topic", "alter", topic, "--partitions", "2", "--config", "retention.ms=often");
        JsonElement described = await JsonAsync("topic", "describe", topic);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("[INVALID_CONFIG]", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(1, described.GetProperty("partitions").GetArrayLength());
    }

    private static IEnumerable<string> NamesOf(JsonElement element) => element.EnumerateObject().Select(member => member.Name);

    private async Task<JsonElement> JsonAsync(params string[] args)
    {
        CliOutcome outcome = await broker.RunAsync([.. args, "--output", "json"]);
        Assert.Empty(outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement;
    }
}
