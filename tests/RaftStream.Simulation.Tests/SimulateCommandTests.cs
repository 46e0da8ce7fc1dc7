using RaftStream.Simulation.Runner;

namespace RaftStream.Simulation.Tests;

public class SimulateCommandTests
{
    [Theory]
    [InlineData("Cannot parse argument '20x' for option '--seeds': it must be a whole number", "--seeds", "20x")]
    [InlineData("--seeds must be at least 1", "--seeds", "0")]
    [InlineData("a seed cannot be negative", "--seed", "-1")]
    [InlineData("there is no world \"moon\"", "--world", "moon")]
    [InlineData("there is no mutant \"none\"", "--mutant", "none")]
    [InlineData("--no-such-option", "--no-such-option")]
    public void A_command_line_that_makes_no_sense_is_explained(string message, params string[] args)
    {
        using var error = new StringWriter();

        Assert.Equal(2, SimulateCommand.Invoke(args, error));

        Assert.StartsWith("error: ", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
    }
}
