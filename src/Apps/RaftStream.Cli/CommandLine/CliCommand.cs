using System.CommandLine;
using System.CommandLine.Parsing;

namespace RaftStream.Cli.CommandLine;

/// <summary>A command with examples for its help.</summary>
/// <param name="description">One line: it stands in the list of commands too.</param>
/// <param name="examples">Whole command lines, without a prompt, that work as they stand.</param>
internal sealed class CliCommand(string name, string description, params string[] examples)
    : Command(name, description)
{
    /// <summary>Shown below the options by <c>--help</c>.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>What one should know besides, for the help, before the examples; null is nothing.</summary>
    public Func<string>? Details { get; private set; }

    /// <summary>Adds what one should know besides.</summary>
    public CliCommand Explained(Func<string> details)
    {
        Details = details;
        return this;
    }

    /// <summary>Adds a check of what is given together.</summary>
    /// <param name="check">Is left where it reads a value that is not even of its type: the parser explains that itself.</param>
    public CliCommand Checked(Action<CommandResult> check)
    {
        Validators.Add(result =>
        {
            try
            {
                check(result);
            }
            catch (InvalidOperationException)
            {
                // Thrown by GetValue, and the same mistake is among the parser's errors.
            }
        });
        return this;
    }

    /// <summary>Says what the command does when it is called.</summary>
    /// <param name="run">Throws <see cref="CliException"/> and the SDK's exceptions for <see cref="Failures"/> to explain.</param>
    public CliCommand Does(Func<ParseResult, CancellationToken, Task<int>> run)
    {
        SetAction(run);
        return this;
    }
}
