using RaftStream.Chaos.Clusters;
using RaftStream.Client;

namespace RaftStream.Chaos.Nemeses;

/// <summary>Partitions move to other brokers, or lose a replica and get it back, and their preferred leaders change (R-10).</summary>
internal sealed class ReplicaMove : INemesis
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public string Name => "reassign";

    public string What => "some partitions are moved to other brokers, or have fewer replicas for a while; then they are moved back and led by others";

    public bool IsAdministrative => true;

    public int LeastBrokers => 4;

    public async Task StrikeAsync(NemesisContext context, CancellationToken enough)
    {
        int[] brokers = [.. context.Cluster.Brokers];
        NamedPartition[] moved = [.. context.Partitions.Where(_ => context.Random.OneIn(2))];
        if (moved.Length == 0 || await FindReplicasAsync(context, moved[0]) is not { } replicas)
        {
            return;
        }

        // With a broker to spare the replicas go to others; else each partition has one replica fewer meanwhile.
        int there = replicas < brokers.Length ? replicas : Math.Max(1, replicas - 1);
        string how = $"{string.Join(", ", moved)} to {there} of {brokers.Length} brokers and back";
        await context.StrikeAsync(
            Name, [], context.Between(0.5, 4), _ => Task.CompletedTask, _ => Task.CompletedTask, enough, how,
            () => MoveAsync(context, moved, there),
            () => ReturnAsync(context, moved, replicas),
            moved);
    }

    private static async Task<int?> FindReplicasAsync(NemesisContext context, NamedPartition partition)
    {
        try
        {
            TopicDescription topic = await context.Client.Admin.DescribeTopicAsync(partition.Topic);
            return topic.Partitions.First(one => one.Partition == partition.Partition).Replicas.Count;
        }
        catch (RaftStreamException)
        {
            return null; // Nobody answers: the next strike will tell.
        }
    }

    private static Task MoveAsync(NemesisContext context, NamedPartition[] partitions, int replicas)
    {
        PartitionMove[] moves = [.. partitions.Select(partition => new PartitionMove(partition, Choose(context, replicas)))];
        return Insistence.UntilDoneAsync(async () =>
        {
            foreach (PartitionOutcome outcome in await context.Client.Admin.ReassignAsync(moves, allowReplicationFactorChange: true))
            {
                outcome.ThrowIfFailed();
            }
        });
    }

    private static async Task ReturnAsync(NemesisContext context, NamedPartition[] partitions, int replicas)
    {
        await MoveAsync(context, partitions, replicas);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        bool isDone = false;
        while (!isDone)
        {
            if (patience.IsCancellationRequested)
            {
                throw new ClusterException($"{string.Join(", ", partitions)}: the replicas do not arrive where they were sent");
            }

            await Workload.Pace.WaitAsync(Pause, patience.Token);
            await Insistence.UntilDoneAsync(async () => isDone = (await context.Client.Admin.ListReassignmentsAsync(partitions.Select(one => one.Topic).Distinct())).Count == 0);
        }

        await Insistence.UntilDoneAsync(() => context.Client.Admin.ElectLeadersAsync(partitions));
    }

    private static List<int> Choose(NemesisContext context, int count)
    {
        List<int> left = [.. context.Cluster.Brokers];
        List<int> chosen = [];
        while (chosen.Count < count)
        {
            int at = context.Random.Next(left.Count);
            chosen.Add(left[at]);
            left.RemoveAt(at);
        }

        return chosen;
    }
}
