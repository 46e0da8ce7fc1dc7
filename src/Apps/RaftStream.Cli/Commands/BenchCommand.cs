using System.CommandLine;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;

namespace RaftStream.Cli.Commands;

/// <summary><c>bench</c>: the group.</summary>
internal static class BenchCommand
{
    public static Command Create(CliConsole console) =>
        new CliCommand(
            "bench",
            "Measures a broker: rates, latencies, and the CPU seconds of both sides.",
            "raftstream bench produce --record-size 100")
        {
            BenchProduceCommand.Create(console),
            BenchConsumeCommand.Create(console),
            BenchLatencyCommand.Create(console),
        };
}
