using System.CommandLine;
using System.CommandLine.Invocation;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.CommandLine;

/// <summary>Runs one command line, and turns whatever comes of it into messages and an exit code.</summary>
internal static class CommandRunner
{
    private const string DebugVariable = "RAFTSTREAM_DEBUG";

    /// <summary>Parses and runs <paramref name="args"/>; never throws.</summary>
    /// <param name="cancellationToken">Ctrl-C or SIGTERM.</param>
    /// <returns>See <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CliConsole console, CancellationToken cancellationToken)
    {
        try
        {
            ParseResult parsed = CommandTree.Create(console).Parse(args);
            if (parsed.Action is null or ParseErrorAction)
            {
                return ExplainUsage(parsed, console);
            }

            if (MisspeltOptions.Find(parsed, args) is { } misspelt)
            {
                return ExplainMisspelt(misspelt, parsed, console);
            }

            int exitCode = await parsed.InvokeAsync(InvocationFor(console), cancellationToken).ConfigureAwait(false);
            await console.Text.FlushAsync(cancellationToken).ConfigureAwait(false);
            return exitCode;
        }
        catch (BrokenPipeException)
        {
            return ExitCode.Ok;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await FlushWhatIsThereAsync(console).ConfigureAwait(false);
            return ExitCode.Interrupted;
        }
#pragma warning disable CA1031 // The last line of defence: every failure becomes a message and an exit code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await FlushWhatIsThereAsync(console).ConfigureAwait(false);
            return Explain(exception, console);
        }
    }

    private static InvocationConfiguration InvocationFor(CliConsole console) => new()
    {
        EnableDefaultExceptionHandler = false,
        // Signals are the process's business: see Program.
        ProcessTerminationTimeout = null,
        Output = console.Text,
        Error = console.Error,
    };

    private static int Explain(Exception exception, CliConsole console)
    {
        console.Error.WriteLine($"error: {Failures.Explain(exception)}");
        if (!string.IsNullOrEmpty(console.Variable(DebugVariable)))
        {
            console.Error.WriteLine(exception);
        }

        return exception is CliException { ExitCode: var exitCode } ? exitCode : ExitCode.Failed;
    }

    private static int ExplainUsage(ParseResult parsed, CliConsole console)
    {
        Command command = parsed.CommandResult.Command;
        bool isBare = command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0;
        if (isBare)
        {
            // Only a group was named: its help says how to go on.
            var invocation = InvocationFor(console);
            invocation.Output = console.Error;
            command.Parse(["--help"]).Invoke(invocation);
            return ExitCode.Usage;
        }

        string path = PathOf(parsed.CommandResult);
        if (command.Subcommands.Count > 0)
        {
            string commands = string.Join(", ", command.Subcommands.Select(subcommand => subcommand.Name));
            console.Error.WriteLine($"error: \"{parsed.UnmatchedTokens[0]}\" is no command of {path}; there are {commands}.");
        }
        else
        {
            foreach (string message in UsageErrors.Of(parsed))
            {
                console.Error.WriteLine($"error: {message}");
            }
        }

        console.Error.WriteLine($"See: {path} --help");
        return ExitCode.Usage;
    }

    private static int ExplainMisspelt(string option, ParseResult parsed, CliConsole console)
    {
        string path = PathOf(parsed.CommandResult);
        console.Error.WriteLine($"error: \"{option}\" is no option of {path}; a name that begins with a dash goes behind \"--\".");
        console.Error.WriteLine($"See: {path} --help");
        return ExitCode.Usage;
    }

    private static string PathOf(System.CommandLine.Parsing.CommandResult result) =>
        result.Parent is System.CommandLine.Parsing.CommandResult parent
            ? $"{PathOf(parent)} {result.Command.Name}"
            : "raftstream";

    private static async Task FlushWhatIsThereAsync(CliConsole console)
    {
        try
        {
            await console.Text.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The output cannot be written: that is the failure being explained, or nobody reads.
        }
    }
}
