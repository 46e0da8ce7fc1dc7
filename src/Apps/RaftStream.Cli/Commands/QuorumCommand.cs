using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>quorum</c>: the group.</summary>
internal static class QuorumCommand
{
    public static Command Create(CliConsole console) =>
        new CliCommand("quorum", "Shows and changes the controllers that agree on the metadata.", "raftstream quorum describe")
        {
            QuorumDescribeCommand.Create(console),
            QuorumAddVoterCommand.Create(console),
            QuorumRemoveVoterCommand.Create(console),
            QuorumTransferCommand.Create(console),
        };
}
