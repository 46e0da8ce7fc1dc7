using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>partition</c>: the group.</summary>
internal static class PartitionCommand
{
    public static Command Create(CliConsole console) =>
        new CliCommand("partition", "Moves partitions between brokers and elects their leaders.", "raftstream partition reassign --add-broker 4")
        {
            PartitionReassignCommand.Create(console),
            PartitionListReassignmentsCommand.Create(console),
            PartitionElectCommand.Create(console),
        };
}
