using System.CommandLine;
using System.Text.RegularExpressions;

namespace RaftStream.Cli.CommandLine;

/// <summary>What is wrong with a command line, in words for people: the parser's own name .NET types.</summary>
internal static partial class UsageErrors
{
    /// <summary>The exit code of a program that could not read its command line.</summary>
    public const int ExitCode = 2;

    private const int MostMessages = 3;

    /// <summary>The first few mistakes, none of them twice.</summary>
    public static IEnumerable<string> Of(ParseResult parsed) =>
        parsed.Errors.Select(error => InWords(error.Message)).Distinct().Take(MostMessages);

    /// <summary>Tells them, and where there is help.</summary>
    /// <param name="help">A command line.</param>
    /// <returns>The exit code.</returns>
    public static int Explain(ParseResult parsed, string help, TextWriter output)
    {
        foreach (string message in Of(parsed))
        {
            output.WriteLine($"error: {message}");
        }

        output.WriteLine($"See: {help}");
        return ExitCode;
    }

    /// <summary>A message of the parser with what was wanted in the place of a type's name.</summary>
    public static string InWords(string message) =>
        ExpectedType().Replace(message, static match => $": it must be {Kind(match.Groups["type"].Value)}.");

    private static string Kind(string type) => NullableOf().Replace(type, "${of}") switch
    {
        "System.Int32" => $"a whole number, at most {int.MaxValue}",
        "System.Int64" => "a whole number",
        "System.Double" => "a number",
        "System.Boolean" => "true or false",
        "System.Guid" => "a UUID, e.g. 0f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f0",
        _ => "something else",
    };

    [GeneratedRegex(@" as expected type '(?<type>[^']*)'\.?")]
    private static partial Regex ExpectedType();

    [GeneratedRegex(@"^System\.Nullable`1\[(?<of>.*)\]$")]
    private static partial Regex NullableOf();
}
