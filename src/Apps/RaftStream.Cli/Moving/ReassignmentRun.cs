using System.Globalization;
using RaftStream.Cli.Output;
using RaftStream.Client;
using Spectre.Console;

namespace RaftStream.Cli.Moving;

/// <summary>Carries moves of partitions out and waits until they have ended, with progress.</summary>
internal sealed class ReassignmentRun(CliConsole console, Admin admin)
{
    // One request is one decision of the controller.
    private const int MostAtOnce = 1_000;
    private const int PatientLooks = 10;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    /// <summary>Prints moves as a table.</summary>
    public static void PrintPlan(CliConsole console, IReadOnlyList<PlannedMove> moves)
    {
        Table table = Tables.Create("topic", "#partition", "from", "to");
        foreach (PlannedMove move in moves)
        {
            table.Row(
                move.Partition.Topic,
                move.Partition.Partition.ToString(CultureInfo.InvariantCulture),
                string.Join(",", move.Current),
                string.Join(",", move.Target));
        }

        table.Print(console);
    }

    /// <summary>Begins the moves.</summary>
    /// <returns>Those that were refused.</returns>
    public async Task<IReadOnlyList<PartitionOutcome>> BeginAsync(
        IReadOnlyList<PlannedMove> moves, bool allowFactorChange, CancellationToken cancellationToken)
    {
        var refused = new List<PartitionOutcome>();
        foreach (PlannedMove[] some in moves.Chunk(MostAtOnce))
        {
            IReadOnlyList<PartitionOutcome> outcomes = await admin.ReassignAsync(
                some.Select(move => new PartitionMove(move.Partition, move.Target)), allowFactorChange, cancellationToken).ConfigureAwait(false);
            refused.AddRange(outcomes.Where(outcome => outcome.Error is not null));
        }

        return refused;
    }

    /// <summary>Waits until none of these partitions is being moved any more.</summary>
    /// <exception cref="CliException">All that are left have had no leader for some seconds: nobody has what is to be copied.</exception>
    public async Task WaitAsync(IReadOnlyCollection<NamedPartition> partitions, CancellationToken cancellationToken)
    {
        var mine = partitions.ToHashSet();
        int left = mine.Count;
        var progress = new ProgressLine(
            console, () => string.Create(CultureInfo.InvariantCulture, $"{mine.Count - left} of {mine.Count} partitions moved; Ctrl-C leaves the rest going on"));
        await using var closingProgress = progress.ConfigureAwait(false);
        string told = "";
        for (int stuck = 0, look = 0; ; look++)
        {
            IReadOnlyList<ReassignmentDescription> moving = await admin.ListReassignmentsAsync([], cancellationToken).ConfigureAwait(false);
            List<ReassignmentDescription> leftOver = [.. moving.Where(move => mine.Contains(move.Partition))];
            left = leftOver.Count;
            if (left == 0)
            {
                return;
            }

            if (look % PatientLooks == 0 && await WhoIsMissingAsync(leftOver, cancellationToken).ConfigureAwait(false) is { } missing && missing != told)
            {
                told = missing;
                await console.Error.WriteLineAsync(missing).ConfigureAwait(false);
            }

            stuck = leftOver.TrueForAll(move => move.Leader < 0) ? stuck + 1 : 0;
            if (stuck > PatientLooks)
            {
                throw new CliException(
                    $"{leftOver[0].Partition} {(left == 1 ? "has" : $"and {left - 1} others have")} no leader, so nobody has what is to be copied. "
                    + $"Start one of the brokers {string.Join(", ", leftOver[0].Replicas.Except(leftOver[0].Adding))}: the move goes on by itself then. Or stop it with: raftstream partition reassign --cancel");
            }

            await Task.Delay(Interval, cancellationToken).ConfigureAwait(false);
        }
    }
    /// <summary>The brokers that are to hold partitions and are not up; null when all are.</summary>
    private async Task<string?> WhoIsMissingAsync(List<ReassignmentDescription> moving, CancellationToken cancellationToken)
    {
        ClusterDescription cluster = await admin.DescribeClusterAsync(cancellationToken).ConfigureAwait(false);
        var fenced = cluster.Brokers.Where(broker => broker.IsFenced).Select(broker => broker.NodeId).ToHashSet();
        int[] missing = [.. moving.SelectMany(move => move.Adding.Except(move.Isr)).Where(fenced.Contains).Distinct().Order()];
        return missing.Length == 0
            ? null
            : $"Broker {string.Join(", ", missing)} is to hold partitions and is not up: start it, or stop the move with: raftstream partition reassign --cancel";
    }
}
