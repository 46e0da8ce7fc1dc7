using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Tests;

/// <summary>Whatever command line a README of the repository shows is one that there is.</summary>
public sealed partial class DocumentedCommandsTests
{
    /// <summary>File and line, and the command line behind the word raftstream.</summary>
    public static TheoryData<string, string> CommandLines
    {
        get
        {
            var data = new TheoryData<string, string>();
            string root = Root();
            foreach (string file in Readmes(root).Order(StringComparer.Ordinal))
            {
                foreach ((int number, string line) in File.ReadLines(file).Index())
                {
                    foreach (string commandLine in CommandLinesOf(line))
                    {
                        data.Add($"{Path.GetRelativePath(root, file)}:{number + 1}", commandLine);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(CommandLines))]
    public void A_command_line_of_a_README_is_one_that_there_is(string place, string commandLine)
    {
        using var console = new CliConsole(Stream.Null, Stream.Null, TextWriter.Null);
        RootCommand root = CommandTree.Create(console);
        string[] words = commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Command named = root;
        int names = 0;
        while (names < words.Length && named.Subcommands.FirstOrDefault(command => command.Name == words[names]) is { } below)
        {
            named = below;
            names++;
        }

        Assert.True(named != root, $"{place}: {commandLine}");
        Assert.True(named.Subcommands.Count == 0 || names == words.Length, $"{place}: {commandLine}");
        if (names < words.Length && words[0] != "server") // else only its name is mentioned, or what follows are settings
        {
            ParseResult parsed = root.Parse(words);
            Assert.Equal((place, "", null), (place, string.Join(' ', parsed.Errors), MisspeltOptions.Find(parsed, words)));
        }
    }

    private static IEnumerable<string> CommandLinesOf(string line) => line.StartsWith("raftstream ", StringComparison.Ordinal) || line.Contains(" | raftstream ", StringComparison.Ordinal)
        ? line.Split('#')[0].Split('|').Select(part => part.Trim()).Where(part => part.StartsWith("raftstream ", StringComparison.Ordinal)).Select(part => part["raftstream ".Length..])
        : Inline().Matches(line).Select(match => match.Groups["command"].Value);

    private static IEnumerable<string> Readmes(string root) => new[] { "src", "tests" }
        .SelectMany(top => Directory.EnumerateFiles(Path.Combine(root, top), "README.md", SearchOption.AllDirectories))
        .Append(Path.Combine(root, "README.md"));

    private static string Root()
    {
        string? folder = Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location);
        while (folder is not null && !File.Exists(Path.Combine(folder, "RaftStream.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("The tests must run from a build inside the repository.");
    }

    [GeneratedRegex("`raftstream (?<command>[a-z][^`]*)`")]
    private static partial Regex Inline();
}
