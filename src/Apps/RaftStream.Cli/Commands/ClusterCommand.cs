using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>cluster</c>: the group.</summary>
internal static class ClusterCommand
{
    public static Command Create(CliConsole console) =>
        new CliCommand("cluster", "Shows the cluster as a whole.", "raftstream cluster describe")
        {
            ClusterDescribeCommand.Create(console),
        };
}
