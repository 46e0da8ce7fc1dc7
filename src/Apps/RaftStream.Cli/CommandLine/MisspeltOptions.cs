using System.CommandLine;
using System.CommandLine.Parsing;

namespace RaftStream.Cli.CommandLine;

/// <summary>
/// An option that does not exist must not be taken for an argument: <c>topic delete orders --dry-run</c> would delete.
/// </summary>
internal static class MisspeltOptions
{
    private const string EndOfOptions = "--";

    /// <summary>The first argument that looks like an option and was not given behind <c>--</c>; null when there is none.</summary>
    public static string? Find(ParseResult parsed, string[] args)
    {
        HashSet<string> beforeEnd = [.. args.TakeWhile(static argument => argument != EndOfOptions)];
        return parsed.CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(static result => result.Tokens)
            .Select(static token => token.Value)
            .FirstOrDefault(value => value.Length > 1 && value[0] == '-' && beforeEnd.Contains(value));
    }
}
