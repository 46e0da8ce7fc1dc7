using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Output;
using RaftStream.Client;
using Spectre.Console;

namespace RaftStream.Cli.Commands;

/// <summary><c>partition list-reassignments</c>.</summary>
internal static class PartitionListReassignmentsCommand
{
    public static Command Create(CliConsole console)
    {
        var topics = new Argument<string[]>("topic") { Description = "Topics to look at; none is all", Arity = ArgumentArity.ZeroOrMore };
        var command = new CliCommand(
            "list-reassignments",
            "Lists the partitions that are being moved now.",
            "raftstream partition list-reassignments",
            "raftstream partition list-reassignments orders --output json")
        {
            topics,
        };
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            IReadOnlyList<ReassignmentDescription> moves = await connected.Admin.ListReassignmentsAsync(
                parsed.GetValue(topics) ?? [], cancellationToken).ConfigureAwait(false);
            if (output.Of(parsed) == OutputFormat.Json)
            {
                PrintJson(console, moves);
            }
            else
            {
                PrintText(console, moves);
            }

            return ExitCode.Ok;
        });
    }

    private static void PrintText(CliConsole console, IReadOnlyList<ReassignmentDescription> moves)
    {
        if (moves.Count == 0)
        {
            console.Text.WriteLine("No partition is being moved.");
            return;
        }

        Table table = Tables.Create("topic", "#partition", "replicas", "still adding", "removing", "in sync", "#leader");
        foreach (ReassignmentDescription move in moves)
        {
            table.Row(
                move.Partition.Topic,
                move.Partition.Partition.ToString(CultureInfo.InvariantCulture),
                string.Join(",", move.Replicas),
                string.Join(",", move.Adding.Except(move.Isr)),
                string.Join(",", move.Removing),
                string.Join(",", move.Isr),
                move.Leader < 0 ? "none" : move.Leader.ToString(CultureInfo.InvariantCulture));
        }

        table.Print(console);
    }

    private static void PrintJson(CliConsole console, IReadOnlyList<ReassignmentDescription> moves) => JsonOutput.Write(console, json =>
    {
        json.WriteStartObject();
        json.WriteArray("reassignments", moves, static (writer, move) =>
        {
            writer.WriteStartObject();
            writer.WriteString("topic", move.Partition.Topic);
            writer.WriteNumber("partition", move.Partition.Partition);
            writer.WriteNumber("leader", move.Leader);
            writer.WriteNumbers("replicas", move.Replicas);
            writer.WriteNumbers("adding", move.Adding);
            writer.WriteNumbers("removing", move.Removing);
            writer.WriteNumbers("isr", move.Isr);
            writer.WriteEndObject();
        });
        json.WriteEndObject();
    });
}
