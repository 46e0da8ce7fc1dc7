using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Chaos.Clusters;
using RaftStream.Chaos.Histories;
using RaftStream.Chaos.Workload;
using RaftStream.Client;
using RaftStream.Model;

namespace RaftStream.Chaos.Nemeses;

/// <summary>What a fault needs: the cluster, chance, the clock, and who leads.</summary>
internal sealed class NemesisContext(ICluster cluster, RaftStreamClient client, IReadOnlyList<NamedPartition> partitions, Prng random, HistoryRecorder history)
{
    private static readonly TimeSpan LongestCatchUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    public ICluster Cluster => cluster;

    public RaftStreamClient Client => client;

    public IReadOnlyList<NamedPartition> Partitions => partitions;

    public Prng Random => random;

    /// <summary>What was not flushed dies with a node's process; else only with the machine.</summary>
    public bool IsDiskVolatile { get; init; }

    /// <summary>Told of each fault when it is done, for people.</summary>
    public Action<string> Say { get; init; } = _ => { };

    /// <summary>The broker that leads a partition chosen at random; null when it has no leader, or nobody tells.</summary>
    public async Task<int?> FindPartitionLeaderAsync()
    {
        NamedPartition partition = partitions[random.Next(partitions.Count)];
        ILookup<int, NamedPartition> led = await FindLeadersAsync();
        return led.FirstOrDefault(leader => leader.Contains(partition))?.Key;
    }

    /// <summary>The node that leads the metadata quorum; null when nobody tells.</summary>
    public async Task<int?> FindControllerAsync()
    {
        try
        {
            return (await client.Cluster.DescribeQuorumAsync()).Leader;
        }
        catch (RaftStreamException)
        {
            return null;
        }
    }

    /// <summary>Does a fault, waits, undoes it, and writes it down.</summary>
    /// <param name="nodes">What is hit.</param>
    /// <param name="hold">How long it stays.</param>
    /// <param name="how">What else there is to say of it.</param>
    /// <param name="hitAll">Done once, besides what is done to each node.</param>
    /// <param name="healAll">Undoes that.</param>
    /// <param name="partitionsToo">Hit besides those that the nodes lead.</param>
    public async Task StrikeAsync(
        string fault, IReadOnlyList<int> nodes, TimeSpan hold, Func<int, Task> hit, Func<int, Task> heal, CancellationToken enough, string how = "",
        Func<Task>? hitAll = null, Func<Task>? healAll = null, IEnumerable<NamedPartition>? partitionsToo = null)
    {
        ILookup<int, NamedPartition> led = await FindLeadersAsync();
        ImmutableArray<NamedPartition> affected = [.. nodes.SelectMany(node => led[node]).Concat(partitionsToo ?? []).Distinct()];
        string target = string.Join(", ", nodes.Select(NameOf)) + how;
        var operation = new FaultOperation(fault, target, affected) { Process = "nemesis", Invoked = history.Now };
        Say(string.Create(CultureInfo.InvariantCulture, $"{operation.Invoked / 1e9,7:F1} s  {fault}: {target} for {hold.TotalSeconds:F1} s"));
        // What fails half-way may have hurt something, or nothing.
        Outcome outcome = Outcome.Info;
        try
        {
            await Task.WhenAll([.. nodes.Select(hit), hitAll?.Invoke() ?? Task.CompletedTask]);
            outcome = Outcome.Ok;
            await Pace.WaitAsync(hold, enough);
        }
        finally
        {
            try
            {
                await Task.WhenAll(nodes.Select(heal));
                await (healAll?.Invoke() ?? Task.CompletedTask);
            }
            finally
            {
                history.Add(operation with { Completed = history.Now, Outcome = outcome });
            }
        }
    }

    /// <summary>Waits until every partition has all its replicas in sync, or for as long as that is worth.</summary>
    public async Task WaitInSyncAsync(CancellationToken enough)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(enough);
        patience.CancelAfter(LongestCatchUp);
        while (!patience.IsCancellationRequested && !await AreInSyncAsync())
        {
            await Pace.WaitAsync(LookAgain, patience.Token);
        }
    }

    /// <summary>A time between two others.</summary>
    public TimeSpan Between(double leastSeconds, double mostSeconds) =>
        TimeSpan.FromMilliseconds(random.Next((long)(leastSeconds * 1000), (long)(mostSeconds * 1000) + 1));

    public string NameOf(int node) => string.Create(CultureInfo.InvariantCulture, $"{(cluster.Controllers.Contains(node) ? "controller" : "broker")} {node}");

    private async Task<bool> AreInSyncAsync()
    {
        try
        {
            IReadOnlyList<TopicDescription> topics = await client.Admin.ListTopicsAsync();
            return topics.SelectMany(topic => topic.Partitions.Select(one => (State: one, Name: new NamedPartition(topic.Name, one.Partition))))
                .Where(one => partitions.Contains(one.Name)).All(one => one.State.Isr.Count == one.State.Replicas.Count);
        }
        catch (RaftStreamException)
        {
            return false;
        }
    }

    private async Task<ILookup<int, NamedPartition>> FindLeadersAsync()
    {
        try
        {
            IReadOnlyList<TopicDescription> topics = await client.Admin.ListTopicsAsync();
            return topics.SelectMany(topic => topic.Partitions.Select(one => (one.Leader, Name: new NamedPartition(topic.Name, one.Partition))))
                .Where(one => one.Leader >= 0 && partitions.Contains(one.Name)).ToLookup(one => one.Leader, one => one.Name);
        }
        catch (RaftStreamException)
        {
            return Array.Empty<NamedPartition>().ToLookup(_ => 0);
        }
    }
}
