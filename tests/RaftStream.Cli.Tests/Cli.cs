using System.Text;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Tests;

/// <summary>What a command left behind.</summary>
internal sealed record CliOutcome(int ExitCode, string Out, string Error);

/// <summary>Runs the command in this process, as <c>Program</c> would, with captured streams.</summary>
internal static class Cli
{
    public static Task<CliOutcome> RunAsync(params string[] args) => RunAsync(new CliInput(), args);

    public static async Task<CliOutcome> RunAsync(CliInput input, params string[] args)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        using var console = new CliConsole(input.In, input.Out ?? output, error)
        {
            Variable = name => input.Variables.GetValueOrDefault(name),
        };
        int exitCode = await CommandRunner.RunAsync(args, console, input.Stopping);
        return new CliOutcome(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }
}

/// <summary>What a command is given.</summary>
internal sealed record CliInput
{
    public Stream In { get; init; } = Stream.Null;

    /// <summary>Instead of the captured output.</summary>
    public Stream? Out { get; init; }

    public CancellationToken Stopping { get; init; }

    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public static CliInput OfText(string text) => new() { In = new MemoryStream(Encoding.UTF8.GetBytes(text)) };
}
