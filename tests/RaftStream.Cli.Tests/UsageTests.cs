namespace RaftStream.Cli.Tests;

/// <summary>A command line that makes no sense is told so in a line or two, and nothing is tried.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("topc list", "\"topc\" is no command of raftstream; there are server, topic,")]
    [InlineData("topic crate x", "\"crate\" is no command of raftstream topic; there are create, list,")]
    [InlineData("topic create", "Required argument missing")]
    [InlineData("topic create x --partitions many", "Cannot parse argument 'many'")]
    [InlineData("topic create x --partitions 0", "--partitions must be 1 or more")]
    [InlineData("topic create x --partitions -1", "--partitions must be 1 or more")]
    [InlineData("topic create x --replication-factor 0", "--replication-factor must be 1 or more")]
    [InlineData("topic alter x --partitions 0", "--partitions must be 1 or more")]
    [InlineData("topic create x --partitons 6", "\"--partitons\" is no option of raftstream topic create")]
    [InlineData("topic delete x --dry-run", "\"--dry-run\" is no option of raftstream topic delete")]
    [InlineData("topic delete x -n -- -y", "\"-n\" is no option of raftstream topic delete")]
    [InlineData("consume --folow", "\"--folow\" is no option of raftstream consume")]
    [InlineData("topic create x --config retention.ms", "\"retention.ms\" is not key=value.")]
    [InlineData("topic create x --config a=1 --config a=2", "\"a\" is given twice.")]
    [InlineData("topic alter x", "Nothing to change")]
    [InlineData("topic alter x --config a=1 --reset a", "both set and reset")]
    [InlineData("produce x --codec brotli", "use none, gzip, snappy, lz4 or zstd")]
    [InlineData("produce x --acks 1", "use all, leader or none")]
    [InlineData("produce x --header novalue", "\"novalue\" is not key=value.")]
    [InlineData("consume x --from somewhere", "\"somewhere\" is no position")]
    [InlineData("consume x --from time:yesterday", "\"time:yesterday\" is no position")]
    [InlineData("consume x --limit none", "\"none\" is no count or size")]
    [InlineData("consume x --timeout fast", "\"fast\" is no time")]
    [InlineData("consume x --format xml", "use raw or json")]
    [InlineData("topic list --output yaml", "use text or json")]
    [InlineData("topic list --bootstrap nowhere", "\"nowhere\" is not host:port")]
    [InlineData("topic list --bootstrap nowhere:99999", "\"nowhere:99999\" is not host:port")]
    [InlineData("topic list --bootstrap ::1:9090", "\"::1:9090\" is not host:port")]
    [InlineData("bench produce --partitions 0", "--partitions must be 1 or more")]
    [InlineData("bench latency --rate 0", "--rate must be above 0")]
    [InlineData("bench produce --partitions many", "Cannot parse argument 'many'")]
    [InlineData("bench latency --rate fast", "Cannot parse argument 'fast'")]
    [InlineData("broker drain abc", "Cannot parse argument 'abc' for command 'drain': it must be a whole number")]
    [InlineData("topic create x -p 99999999999", "it must be a whole number, at most 2147483647.")]
    [InlineData("storage format --cluster-id x --node-id 1 --data d --standalone", "it must be a UUID, e.g. ")]
    [InlineData("partition elect orders --partition x", "Cannot parse argument 'x' for option '--partition': it must be a whole number")]
    [InlineData("partition elect orders --partition 99999999999", "it must be a whole number, at most 2147483647.")]
    [InlineData("demo --partitions 0", "--partitions must be 1 or more")]
    [InlineData("demo --lines many", "\"many\" is no count or size")]
    [InlineData("demo --lines 5", "--lines must be")]
    public async Task Nonsense_is_explained(string commandLine, string message)
    {
        CliOutcome outcome = await Cli.RunAsync(commandLine.Split(' '));

        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.StartsWith("error: ", outcome.Error, StringComparison.Ordinal);
        Assert.InRange(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 1, 3);
        Assert.Empty(outcome.Out);
        Assert.DoesNotContain("System.", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("topic")]
    [InlineData("bench")]
    public async Task A_group_alone_shows_its_commands_as_an_error(string commandLine)
    {
        CliOutcome outcome = await Cli.RunAsync(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCode.Usage, outcome.ExitCode);
        Assert.Contains("Commands:", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Out);
    }
}
