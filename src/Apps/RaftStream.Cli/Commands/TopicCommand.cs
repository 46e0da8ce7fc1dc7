using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>topic</c>: the group.</summary>
internal static class TopicCommand
{
    public static Command Create(CliConsole console) =>
        new CliCommand("topic", "Creates, lists, describes, deletes and changes topics.", "raftstream topic list")
        {
            TopicCreateCommand.Create(console),
            TopicListCommand.Create(console),
            TopicDescribeCommand.Create(console),
            TopicDeleteCommand.Create(console),
            TopicAlterCommand.Create(console),
        };
}
