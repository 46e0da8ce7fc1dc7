using System.Text.Json;
using RaftStream.Client;

namespace RaftStream.Cli.Tests;

/// <summary>The benchmarks run, count right, and their JSON keeps its names. What they measure here means nothing.</summary>
public sealed class BenchCommandTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    private static readonly string[] Quick = ["--warm-up", "1ms", "--output", "json"];

    [Fact]
    public async Task Produce_counts_what_was_acknowledged()
    {
        string topic = await broker.CreateTopicAsync(partitions: 2);

        JsonElement root = await RunAsync("produce", "--topic", topic, "--records", "20k", "--record-size", "50");

        Assert.Equal(20_000, root.GetProperty("records").GetInt64());
        Assert.Equal(1_000_000, root.GetProperty("bytes").GetInt64());
        Assert.Equal(
            [
                "benchmark", "topic", "partitions", "recordSize", "flush", "codec", "acks", "batchBytes", "lingerMs", "warmUpSeconds",
                "seconds", "records", "bytes", "recordsPerSecond", "megabytesPerSecond", "client", "broker",
            ],
            root.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            [
                "pid", "cpuSeconds", "cpuSecondsPerMillionRecords", "cpuSecondsPerGigabyte", "residentBytes", "peakResidentBytes",
                "allocatedBytes",
            ],
            root.GetProperty("client").EnumerateObject().Select(member => member.Name));
        Assert.InRange(await EndAsync(topic), 20_000, long.MaxValue);
    }

    [Fact]
    public async Task The_broker_is_found_by_the_port_on_which_it_listens()
    {
        JsonElement root = await RunAsync("produce", "--records", "1000");

        Assert.Equal(Environment.ProcessId, root.GetProperty("broker").GetProperty("pid").GetInt32());
    }

    [Fact]
    public async Task Consume_reads_every_record()
    {
        JsonElement root = await RunAsync("consume", "--records", "30k", "--record-size", "20", "--duration", "1ms", "--codec", "zstd");

        Assert.Equal(30_000, root.GetProperty("records").GetInt64());
        Assert.Equal(600_000, root.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task Latency_times_every_record_both_ways()
    {
        using var folder = new TemporaryFolder();

        JsonElement root = await RunAsync("latency", "--records", "200", "--rate", "2000", "--data", folder.Path);

        foreach (string name in (string[])["endToEnd", "ack"])
        {
            JsonElement summary = root.GetProperty(name);
            Assert.Equal(200, summary.GetProperty("count").GetInt64());
            Assert.Equal(
                ["count", "minUs", "meanUs", "p50Us", "p90Us", "p99Us", "p999Us", "maxUs"],
                summary.EnumerateObject().Select(member => member.Name));
        }

        Assert.NotEqual(JsonValueKind.Null, root.GetProperty("fdatasync").ValueKind);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task A_topic_made_for_a_benchmark_goes_with_it()
    {
        JsonElement root = await RunAsync("produce", "--records", "1000", "--partitions", "3");

        await using RaftStreamClient client = broker.CreateClient();
        IReadOnlyList<TopicDescription> topics = await client.Admin.ListTopicsAsync();
        Assert.DoesNotContain(root.GetProperty("topic").GetString(), topics.Select(topic => topic.Name));
    }

    [Fact]
    public async Task People_get_rates_and_cpu_seconds()
    {
        CliOutcome outcome = await broker.RunAsync("bench", "produce", "--records", "1000", "--warm-up", "0");

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Contains("1,000 records in", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("broker: ", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("per million records", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_named_topic_must_exist()
    {
        CliOutcome outcome = await broker.RunAsync("bench", "produce", "--topic", "no-such-topic");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("[UNKNOWN_TOPIC_OR_PARTITION]", outcome.Error, StringComparison.Ordinal);
    }

    private async Task<JsonElement> RunAsync(params string[] args)
    {
        CliOutcome outcome = await broker.RunAsync(["bench", .. args, .. Quick]);
        Assert.Empty(outcome.Error);
        return JsonDocument.Parse(outcome.Out).RootElement;
    }

    private async Task<long> EndAsync(string topic)
    {
        await using RaftStreamClient client = broker.CreateClient();
        return (await client.Admin.ListTopicOffsetsAsync(topic, StartPosition.End)).Sum(end => end.Offset);
    }
}
