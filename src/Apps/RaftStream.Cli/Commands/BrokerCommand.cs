using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>broker</c>: the group.</summary>
internal static class BrokerCommand
{
    public static Command Create(CliConsole console) =>
        new CliCommand("broker", "Lists the brokers, empties them, and forgets those that are gone for good.", "raftstream broker list")
        {
            BrokerListCommand.Create(console),
            BrokerDrainCommand.Create(console),
            BrokerUnregisterCommand.Create(console),
        };
}
