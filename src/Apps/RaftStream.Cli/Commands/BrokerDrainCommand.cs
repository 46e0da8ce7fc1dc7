using System.CommandLine;
using System.Globalization;
using RaftStream.Cli.CommandLine;
using RaftStream.Cli.Moving;
using RaftStream.Cli.Output;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Cli.Commands;

/// <summary><c>broker drain</c>.</summary>
internal static class BrokerDrainCommand
{
    public static Command Create(CliConsole console)
    {
        var node = new Argument<int>("node") { Description = "Its node id" };
        var noWait = new Option<bool>("--no-wait") { Description = "Do not wait until all is moved" };
        var command = new CliCommand(
            "drain", "Moves every partition away from a broker, so that it can be removed.", "raftstream broker drain 7")
        {
            node, noWait,
        };
        var client = new ClientOptions(command, console);
        var output = new OutputOption(command);
        return client.Does(async (connected, parsed, cancellationToken) =>
        {
            int id = parsed.GetRequiredValue(node);
            bool isText = output.Of(parsed) == OutputFormat.Text;
            var run = new ReassignmentRun(console, connected.Admin);
            var moved = new HashSet<NamedPartition>();
            var wish = new ReassignmentWish { RemoveBrokers = [id] };
            for (bool isBegun = false; ; isBegun = true)
            {
                // Topics that were created meanwhile may have come to the broker: until there is nothing to plan any more.
                if (await PlanAsync(connected.Admin, wish, isBegun, cancellationToken).ConfigureAwait(false) is not { } moves)
                {
                    Print(console, isText, id, moved.Count, isDrained: true, isRegistered: false);
                    return ExitCode.Ok;
                }

                if (isText && moves.Count > 0)
                {
                    ReassignmentRun.PrintPlan(console, moves);
                    await console.Text.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                IReadOnlyList<PartitionOutcome> refused = await run.BeginAsync(moves, allowFactorChange: false, cancellationToken).ConfigureAwait(false);
                moved.UnionWith(moves.Select(move => move.Partition));
                if (refused.Count > 0)
                {
                    PartitionOutcomes.PrintFailures(console, refused);
                    throw new CliException(string.Create(CultureInfo.InvariantCulture, $"broker {id} is not drained: {refused.Count} of its partitions cannot be moved."));
                }

                if (parsed.GetValue(noWait))
                {
                    Print(console, isText, id, moved.Count, isDrained: moves.Count == 0 && await HoldsNothingAsync(connected, id, cancellationToken).ConfigureAwait(false));
                    return ExitCode.Ok;
                }

                await run.WaitAsync(await LeavingAsync(connected.Admin, id, moved, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                if (moves.Count == 0)
                {
                    Print(console, isText, id, moved.Count, isDrained: true);
                    return ExitCode.Ok;
                }
            }
        });
    }

    /// <summary>Null when somebody had the broker forgotten while it was drained here. One that is not known from the start is a mistake.</summary>
    private static async Task<IReadOnlyList<PlannedMove>?> PlanAsync(
        Admin admin, ReassignmentWish wish, bool isBegun, CancellationToken cancellationToken)
    {
        try
        {
            return await admin.PlanReassignmentsAsync(wish, cancellationToken).ConfigureAwait(false);
        }
        catch (RaftStreamException exception) when (isBegun && exception.Code == ErrorCode.BrokerIdNotRegistered)
        {
            return null;
        }
    }

    /// <summary>What was begun here, and what somebody else had begun before.</summary>
    private static async Task<HashSet<NamedPartition>> LeavingAsync(
        Admin admin, int id, HashSet<NamedPartition> begun, CancellationToken cancellationToken)
    {
        IReadOnlyList<ReassignmentDescription> moving = await admin.ListReassignmentsAsync([], cancellationToken).ConfigureAwait(false);
        return [.. begun, .. moving.Where(move => move.Removing.Contains(id)).Select(move => move.Partition)];
    }

    private static async Task<bool> HoldsNothingAsync(RaftStreamClient client, int id, CancellationToken cancellationToken)
    {
        IReadOnlyList<ReassignmentDescription> moving = await client.Admin.ListReassignmentsAsync([], cancellationToken).ConfigureAwait(false);
        return !moving.Any(move => move.Removing.Contains(id));
    }

    private static void Print(CliConsole console, bool isText, int id, int moved, bool isDrained, bool isRegistered = true)
    {
        if (!isText)
        {
            JsonOutput.Write(console, json =>
            {
                json.WriteStartObject();
                json.WriteNumber("node", id);
                json.WriteNumber("partitions", moved);
                json.WriteBoolean("drained", isDrained);
                json.WriteEndObject();
            });
            return;
        }

        console.Text.WriteLine((isDrained, isRegistered) switch
        {
            (true, true) => string.Create(
                CultureInfo.InvariantCulture,
                $"broker {id} holds nothing any more. While it runs, new topics may still come to it: stop it now, then forget it with: raftstream broker unregister {id}"),
            (true, false) => string.Create(CultureInfo.InvariantCulture, $"broker {id} is not registered, and holds nothing"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{moved} partitions leave broker {id}; see: raftstream partition list-reassignments"),
        });
    }
}
