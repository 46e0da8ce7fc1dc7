using System.Text.Json;
using RaftStream.Cli.Output;
using RaftStream.Client;

namespace RaftStream.Cli.Tests;

/// <summary><c>produce</c> and <c>consume</c> against a real broker.</summary>
public sealed class ProduceConsumeTests(BrokerFixture broker) : IClassFixture<BrokerFixture>
{
    [Fact]
    public async Task Lines_come_back_as_they_went_in()
    {
        string topic = await broker.CreateTopicAsync();
        string text = "first\n\nthird \t with blanks \r\nüñí\nlast";

        CliOutcome produced = await broker.RunAsync(CliInput.OfText(text), "produce", topic);
        CliOutcome consumed = await broker.RunAsync("consume", topic);

        Assert.Equal(ExitCode.Ok, produced.ExitCode);
        Assert.StartsWith($"5 records produced to {topic}", produced.Out, StringComparison.Ordinal);
        Assert.Equal($"{text}\n", consumed.Out);
        Assert.Empty(consumed.Error);
    }

    [Fact]
    public async Task Many_lines_over_partitions_all_come_back()
    {
        string topic = await broker.CreateTopicAsync(partitions: 3);
        string[] lines = [.. Enumerable.Range(0, 50_000).Select(i => $"line {i}")];

        CliOutcome produced = await broker.RunAsync(CliInput.OfText(string.Join('\n', lines)), "produce", topic, "--codec", "lz4");
        CliOutcome consumed = await broker.RunAsync("consume", topic);

        Assert.Equal(ExitCode.Ok, produced.ExitCode);
        Assert.Equal(lines.Order(StringComparer.Ordinal), consumed.Out.TrimEnd('\n').Split('\n').Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Keys_headers_and_partition_are_kept()
    {
        string topic = await broker.CreateTopicAsync(partitions: 2);

        await broker.RunAsync(
            CliInput.OfText("k1:v1\nk2:v:2\n"), "produce", topic, "--key-separator", ":", "--header", "a=1", "--header", "b=x=y", "--partition", "1");
        CliOutcome raw = await broker.RunAsync(
            "consume", topic, "--print-partition", "--print-offset", "--print-headers", "--print-key", "--separator", "|");
        CliOutcome json = await broker.RunAsync("consume", topic, "--output", "json");

        Assert.Equal("1|0|a=1,b=x=y|k1|v1\n1|1|a=1,b=x=y|k2|v:2\n", raw.Out);
        JsonElement second = JsonDocument.Parse(json.Out.Split('\n')[1]).RootElement;
        Assert.Equal(
            ["topic", "partition", "offset", "timestampMs", "key", "value", "headers"],
            second.EnumerateObject().Select(member => member.Name));
        Assert.Equal("k2", second.GetProperty("key").GetString());
        Assert.Equal("v:2", second.GetProperty("value").GetString());
        Assert.Equal("x=y", second.GetProperty("headers")[1].GetProperty("value").GetString());
    }

    [Fact]
    public async Task A_line_without_the_key_separator_fails_alone()
    {
        string topic = await broker.CreateTopicAsync();

        CliOutcome outcome = await broker.RunAsync(CliInput.OfText("a:1\nb\nc\nd:4\n"), "produce", topic, "--key-separator", ":");
        CliOutcome json = await broker.RunAsync(CliInput.OfText("b\n"), "produce", topic, "--key-separator", ":", "--output", "json");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.StartsWith("2 records produced", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(
            "error: 2 of 4 records were not produced:\n  lines 2-3: The line has no key separator.\n", outcome.Error);
        JsonElement root = JsonDocument.Parse(json.Out).RootElement;
        Assert.Equal(
            ["topic", "produced", "failed", "bytes", "seconds", "recordsPerSecond", "failures"],
            root.EnumerateObject().Select(member => member.Name));
        Assert.Equal(1, root.GetProperty("failures")[0].GetProperty("firstLine").GetInt32());
    }

    [Fact]
    public async Task A_line_that_is_too_large_is_named()
    {
        string topic = await broker.CreateTopicAsync();

        CliOutcome outcome = await broker.RunAsync(CliInput.OfText($"small\n{new string('x', 2_000_000)}\nsmall too\n"), "produce", topic);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("line 2:", outcome.Error, StringComparison.Ordinal);
        Assert.StartsWith("2 records produced", outcome.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("produce")]
    [InlineData("consume")]
    public async Task A_topic_that_does_not_exist_is_an_error(string command)
    {
        CliOutcome outcome = await broker.RunAsync(CliInput.OfText("x\n"), command, "no-such-topic");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("[UNKNOWN_TOPIC_OR_PARTITION]", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("raftstream topic create", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("produce", "--partition", "7")]
    [InlineData("consume", "--partition", "7")]
    public async Task A_partition_that_does_not_exist_is_an_error(string command, string option, string value)
    {
        string topic = await broker.CreateTopicAsync(partitions: 2);

        CliOutcome outcome = await broker.RunAsync(CliInput.OfText("x\n"), command, topic, option, value);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Equal($"error: Topic \"{topic}\" has no partition 7: it has 2, from 0 to 1.\n", outcome.Error);
    }

    [Theory]
    [InlineData("beginning", "0 1 2 3 4 5 6 7 8 9")]
    [InlineData("end", "")]
    [InlineData("offset:7", "7 8 9")]
    [InlineData("offset:10", "")]
    [InlineData("offset:-2", "8 9")]
    [InlineData("offset:-100", "0 1 2 3 4 5 6 7 8 9")]
    [InlineData("time:1000", "0 1 2 3 4 5 6 7 8 9")]
    [InlineData("time:1005", "5 6 7 8 9")]
    [InlineData("time:-1m", "")]
    public async Task Reading_begins_where_it_should(string from, string expected)
    {
        string topic = await TenRecordsAsync();

        CliOutcome outcome = await broker.RunAsync("consume", topic, "--from", from);

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Equal(expected, outcome.Out.TrimEnd('\n').Replace('\n', ' '));
    }

    [Fact]
    public async Task A_directory_is_no_file_of_lines()
    {
        CliOutcome outcome = await broker.RunAsync("produce", "anything", "--file", Path.GetTempPath());

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.StartsWith($"error: {Path.GetTempPath()} is a directory", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_stands_in_a_rack_without_replicas_reads_from_leaders()
    {
        string topic = await TenRecordsAsync();

        CliOutcome outcome = await broker.RunAsync("consume", topic, "--rack", "nowhere");

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Equal(10, outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task An_offset_outside_the_log_is_an_error()
    {
        string topic = await TenRecordsAsync();

        CliOutcome outcome = await broker.RunAsync("consume", topic, "--from", "offset:11");

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("it holds 0 to 10 (exclusive)", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_ends_the_reading()
    {
        string topic = await TenRecordsAsync();

        CliOutcome outcome = await broker.RunAsync("consume", topic, "--limit", "3", "--follow");

        Assert.Equal("0\n1\n2\n", outcome.Out);
    }

    [Fact]
    public async Task Following_shows_what_is_produced_later()
    {
        string topic = await TenRecordsAsync();
        using var output = new SignallingStream("9\n");

        Task<CliOutcome> consuming = broker.RunAsync(new CliInput { Out = output }, "consume", topic, "--follow", "--limit", "11");
        await output.Seen;
        await broker.RunAsync(CliInput.OfText("later"), "produce", topic);
        CliOutcome outcome = await consuming;

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.EndsWith("9\nlater\n", output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_c_while_following_ends_with_130()
    {
        string topic = await TenRecordsAsync();
        using var stopping = new CancellationTokenSource();
        using var output = new SignallingStream("9\n");

        Task<CliOutcome> consuming = broker.RunAsync(
            new CliInput { Out = output, Stopping = stopping.Token }, "consume", topic, "--follow");
        await output.Seen;
        await stopping.CancelAsync();
        CliOutcome outcome = await consuming;

        Assert.Equal(ExitCode.Interrupted, outcome.ExitCode);
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task A_reader_that_has_gone_ends_the_command_quietly()
    {
        string topic = await TenRecordsAsync();
        using var output = new BrokenStream();

        CliOutcome outcome = await broker.RunAsync(new CliInput { Out = output }, "consume", topic, "--follow");

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Empty(outcome.Error);
    }

    private async Task<string> TenRecordsAsync()
    {
        string topic = await broker.CreateTopicAsync();
        await using RaftStreamClient client = broker.CreateClient();
        await using Producer producer = client.CreateProducer();
        for (int i = 0; i < 10; i++)
        {
            ProducerRecord record = ProducerRecord.OfText(null, $"{i}") with { TimestampMs = 1000 + i };
            await producer.SendAsync(topic, record);
        }

        return topic;
    }

    /// <summary>Tells when some text has been written.</summary>
    private sealed class SignallingStream(string wanted) : MemoryStream
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Seen => _seen.Task.WaitAsync(TimeSpan.FromSeconds(30));

        public string Text => System.Text.Encoding.UTF8.GetString(ToArray());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer);
            if (Text.Contains(wanted, StringComparison.Ordinal))
            {
                _seen.TrySetResult();
            }
        }
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => throw new BrokenPipeException();
    }
}
