using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>storage</c>: the group.</summary>
internal static class StorageCommand
{
    public static Command Create(CliConsole console) =>
        new CliCommand("storage", "Prepares the folders of a cluster's nodes; needs no broker.", "raftstream storage random-uuid")
        {
            StorageFormatCommand.Create(console),
            StorageInfoCommand.Create(console),
            StorageRandomUuidCommand.Create(console),
        };
}
