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
        Assert.Equal(2, await ChaosCommand.Create().Parse(words).InvokeAsync());

    /// <summary>Each fault works against a cluster of the user's, or there is a command of the user's that does it.</summary>
    [Fact]
    public void No_fault_is_refused_without_saying_what_to_do_instead() =>
        Assert.DoesNotContain(AllNemeses.List, nemesis => !nemesis.IsAdministrative && !nemesis.ByHand.StartsWith("--hit '", StringComparison.Ordinal));

    [Theory]
    [InlineData("kill-leader", "--duration", "-1")]
    [InlineData("kill-leader", "--seed", "none")]
    [InlineData]
    public async Task A_word_that_cannot_be_read_is_an_error(params string[] words) =>
        Assert.NotEqual(0, await ChaosCommand.Create().Parse(words).InvokeAsync());
}
