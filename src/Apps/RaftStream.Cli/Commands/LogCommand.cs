using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>log</c>: the group.</summary>
internal static class LogCommand
{
    public static Command Create(CliConsole console) =>
        new CliCommand("log", "Looks into the files of a log; needs no broker.", "raftstream log dump /var/lib/raftstream/orders-0")
        {
            LogDumpCommand.Create(console),
        };
}
