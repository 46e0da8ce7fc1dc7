using System.CommandLine;

namespace RaftStream.Cli.CommandLine;

/// <summary>How a command prints its data.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>For programs: field names stay, fields are only added.</summary>
    Json,
}

/// <summary>The option <c>--output</c>.</summary>
internal sealed class OutputOption
{
    private readonly Option<string?> _option = Choice.Create("--output", "-o", "text for people, json for programs", "text", "text", "json");

    /// <summary>Adds the option to <paramref name="command"/>.</summary>
    public OutputOption(Command command) => command.Options.Add(_option);

    /// <summary>What was asked for.</summary>
    public OutputFormat Of(ParseResult parsed) =>
        parsed.GetValue(_option) == "json" ? OutputFormat.Json : OutputFormat.Text;
}
