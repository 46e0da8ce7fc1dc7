using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Processes;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Cli.Tests;

/// <summary>Nobody at the other end: said at once, with what to do.</summary>
public sealed class ConnectionErrorTests
{
    private readonly string _nobody = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{FreePorts.Take(1)[0]}");

    [Theory]
    [InlineData("topic list")]
    [InlineData("topic create x")]
    [InlineData("topic describe x")]
    [InlineData("topic delete x")]
    [InlineData("topic alter x --partitions 2")]
    [InlineData("produce x")]
    [InlineData("consume x")]
    [InlineData("bench produce")]
    [InlineData("bench consume")]
    [InlineData("bench latency")]
    public async Task A_refused_connection_says_how_to_start_a_broker(string commandLine)
    {
        CliOutcome outcome = await Cli.RunAsync([.. commandLine.Split(' '), "--bootstrap", _nobody]);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Equal(
            $"error: No broker answers at {_nobody} (connection refused).\n"
            + "Start one with: raftstream server --data <folder>, or name another with --bootstrap host:port.\n",
            outcome.Error);
        Assert.Empty(outcome.Out);
    }

    [Fact]
    public async Task The_environment_names_the_broker_when_the_command_line_does_not()
    {
        var input = new CliInput { Variables = new Dictionary<string, string> { ["RAFTSTREAM_BOOTSTRAP"] = _nobody } };

        CliOutcome outcome = await Cli.RunAsync(input, "topic", "list");

        Assert.Contains(_nobody, outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ErrorCode.UnknownServerError, "The HTTP/2 server sent invalid data.", "the gRPC port of a RaftStream broker")]
    [InlineData(ErrorCode.MessageTooLarge, "Too large.", "max.message.bytes=<bytes>")]
    [InlineData(ErrorCode.UnknownTopicOrPartition, "There is no topic.", "raftstream topic create <name>")]
    public void A_failure_comes_with_what_to_do(ErrorCode code, string message, string advice)
    {
        string[] lines = Failures.Explain(new RaftStreamException(code, message)).Split('\n');

        Assert.Equal($"{message} [{code.KafkaName()}]", lines[0]);
        Assert.Contains(advice, lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_bug_says_that_it_is_one()
    {
        string explained = Failures.Explain(new InvalidOperationException("Nobody thought of this."));

        Assert.StartsWith("unexpected InvalidOperationException: Nobody thought of this.", explained, StringComparison.Ordinal);
        Assert.Contains("RAFTSTREAM_DEBUG=1", explained, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_input_file_is_an_error_before_anything_else()
    {
        CliOutcome outcome = await Cli.RunAsync("produce", "x", "--file", "/no/such/file", "--bootstrap", _nobody);

        Assert.Equal(ExitCode.Failed, outcome.ExitCode);
        Assert.Contains("/no/such/file", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_c_ends_with_130()
    {
        using var stopping = new CancellationTokenSource();
        await stopping.CancelAsync();

        CliOutcome outcome = await Cli.RunAsync(new CliInput { Stopping = stopping.Token }, "topic", "list", "--bootstrap", _nobody);

        Assert.Equal(ExitCode.Interrupted, outcome.ExitCode);
    }
}
