namespace RaftStream.Chaos.Tests;

public sealed class CommandTests
{
    [Theory]
    [InlineData("no-such-fault")]
    [InlineData("command")] // without --hit
    [InlineData("kill-leader", "--bootstrap", "127.0.0.1:1")] // nothing is done to a cluster that is somebody else's
    [InlineData("power-loss", "--compose")] // containers have no bad machines
    [InlineData("power-loss", "--flush", "os")] // what it would show is no fault
    [InlineData("kill-leader", "--flush", "never")]
    [InlineData("kill-leader", "--sabotage", "everything")]
    public async Task What_makes_no_sense_is_refused_before_anything_starts(params string[] words) =>
        Assert.Equal(2, await ChaosCommand.Create().Parse(words).InvokeAsync());

    [Theory]
    [InlineData("kill-leader", "--duration", "-1")]
    [InlineData("kill-leader", "--seed", "none")]
    [InlineData]
    public async Task A_word_that_cannot_be_read_is_an_error(params string[] words) =>
        Assert.NotEqual(0, await ChaosCommand.Create().Parse(words).InvokeAsync());
}
