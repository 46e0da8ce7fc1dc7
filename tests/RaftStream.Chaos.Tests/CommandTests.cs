using RaftStream.Chaos.Nemeses;

namespace RaftStream.Chaos.Tests;

public sealed class CommandTests
{
    [Theory]
    [InlineData("no-such-fault")]
    [InlineData("command")] // without --hit
    [InlineData("kill-leader", "--bootstrap", "127.0.0.1:1")] // nothing is done to a cluster that is somebody else's
    [InlineData("kill-leader", "--bootstrap", "127.0.0.1:1", "--compose")]
    [InlineData("kill-leader", "--local", "--compose")]
    [InlineData("none", "--bootstrap", "127.0.0.1:1", "--sabotage", "eager")]
    [InlineData("kill-leader", "--failover-limit", "-1")]
    [InlineData("disk-full", "--flush", "os")] // what it would show is no fault
    [InlineData("kill-leader", "--flush", "never")]
    [InlineData("kill-leader", "--sabotage", "everything")]
    public async Task What_makes_no_sense_is_refused_before_anything_starts(params string[] words) =>
        Assert.Equal(2, await ChaosCommand.InvokeAsync(words, TextWriter.Null));

    [Theory]
    [InlineData("nosuch")] // no address
    [InlineData("127.0.0.1:1")] // nobody is there
    [InlineData(",")] // nobody is named
    public async Task Without_a_cluster_there_is_no_verdict(string bootstrap) =>
        Assert.Equal(2, await ChaosCommand.InvokeAsync(["reassign", "--bootstrap", bootstrap], TextWriter.Null));

    /// <summary>Each fault works against a cluster of the user's, or there is a command of the user's that does it.</summary>
    [Fact]
    public void No_fault_is_refused_without_saying_what_to_do_instead() =>
        Assert.DoesNotContain(AllNemeses.List, nemesis => !nemesis.IsAdministrative && !nemesis.ByHand.StartsWith("--hit '", StringComparison.Ordinal));

    [Theory]
    [InlineData("--duration cannot be negative", "kill-leader", "--duration", "-1")]
    [InlineData("Cannot parse argument '20x' for option '--duration': it must be a whole number", "kill-leader", "--duration", "20x")]
    [InlineData("Cannot parse argument 'none' for option '--seed': it must be a whole number", "kill-leader", "--seed", "none")]
    [InlineData("--no-such-option", "kill-leader", "--no-such-option")]
    [InlineData("Required argument missing")]
    public async Task A_word_that_cannot_be_read_is_explained(string message, params string[] words)
    {
        using var error = new StringWriter();

        Assert.Equal(2, await ChaosCommand.InvokeAsync(words, error));

        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("error: ", error.ToString(), StringComparison.Ordinal);
    }
}
