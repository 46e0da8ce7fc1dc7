using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Tests;

/// <summary>Every command explains itself, and its examples are true.</summary>
public sealed class HelpTests
{
    public static TheoryData<string> AllCommands
    {
        get
        {
            var data = new TheoryData<string>();
            foreach ((string path, _) in Walk(Root(), ""))
            {
                data.Add(path);
            }

            return data;
        }
    }

    /// <summary>Every option whose value is no text, with the command that has it.</summary>
    public static TheoryData<string, string> AllOptions
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach ((string path, CliCommand command) in Walk(Root(), "").Where(entry => entry.Path != "server" && entry.Command.Subcommands.Count == 0))
            {
                foreach (Option option in command.Options.Where(option => !IsText(option.ValueType)))
                {
                    data.Add(path, option.Name);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(AllCommands))]
    public async Task Help_shows_an_example(string command)
    {
        CliOutcome outcome = await Cli.RunAsync([.. command.Split(' '), "--help"]);

        Assert.Equal(ExitCode.Ok, outcome.ExitCode);
        Assert.Contains("Example", outcome.Out, StringComparison.Ordinal);
        Assert.Contains($"raftstream {command}", outcome.Out, StringComparison.Ordinal);
        Assert.Empty(outcome.Error);
    }

    [Theory]
    [MemberData(nameof(AllCommands))]
    public void Examples_parse(string command)
    {
        CliCommand found = Walk(Root(), "").Single(entry => entry.Path == command).Command;

        Assert.NotEmpty(found.Examples);
        foreach (string example in found.Examples)
        {
            string[] words = example[(example.IndexOf("raftstream ", StringComparison.Ordinal) + "raftstream ".Length)..].Split(' ');
            // What follows the word server are settings, which the server reads itself.
            Assert.Empty(Root().Parse(words[0] == "server" ? ["server"] : words).Errors);
        }
    }

    [Fact]
    public void Every_command_that_prints_data_has_output_json()
    {
        IEnumerable<(string Path, CliCommand Command)> leaves = Walk(Root(), "").Where(entry => entry.Command.Subcommands.Count == 0 && entry.Path != "server");

        Assert.All(leaves, entry => Assert.Contains(entry.Command.Options, option => option.Name == "--output"));
    }

    [Theory]
    [MemberData(nameof(AllOptions))]
    public async Task A_value_of_the_wrong_kind_is_a_mistake_and_no_bug(string command, string option)
    {
        CliOutcome outcome = await Cli.RunAsync([.. command.Split(' '), "a", option, "9x9x9"]);

        Assert.Equal(UsageErrors.ExitCode, outcome.ExitCode);
        Assert.StartsWith("error: ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("This is a bug", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_election_that_loses_records_asks_for_names() =>
        Assert.Contains("not with --unclean", Walk(Root(), "").Single(entry => entry.Path == "partition elect").Command.Arguments[0].Description, StringComparison.Ordinal);

    private static bool IsText(Type type) => type == typeof(string) || type == typeof(string[]) || type == typeof(bool);

    private static RootCommand Root()
    {
        using var console = new CliConsole(Stream.Null, Stream.Null, TextWriter.Null);
        return CommandTree.Create(console);
    }

    private static IEnumerable<(string Path, CliCommand Command)> Walk(Command parent, string prefix)
    {
        foreach (CliCommand command in parent.Subcommands.Cast<CliCommand>())
        {
            string path = $"{prefix}{command.Name}";
            yield return (path, command);
            foreach ((string Path, CliCommand Command) below in Walk(command, $"{path} "))
            {
                yield return below;
            }
        }
    }
}
