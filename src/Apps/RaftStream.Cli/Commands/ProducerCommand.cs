using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>producer</c>: the group.</summary>
internal static class ProducerCommand
{
    public static Command Create(CliConsole console) =>
        new CliCommand("producer", "Shows who writes to partitions.", "raftstream producer describe orders")
        {
            ProducerDescribeCommand.Create(console),
        };
}
