using System.Diagnostics;
using RaftStream.Benchmarks.Quorum;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Replication;

/// <summary><c>many-partitions-failover</c>: kill -9 of one of three brokers that leads many partitions, until each of them takes a record again.</summary>
internal static class ManyPartitionsFailover
{
    private const int Trials = 3;

    /// <summary>What is created makes three folders and more for each partition on this one disk, and that is not what is measured.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <param name="script">scripts/cluster.</param>
    /// <param name="partitions">All that there are; the killed broker leads them all, another one in each trial.</param>
    public static async Task RunAsync(string script, int partitions)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(script, brokers: 3);
        await using var client = new RaftStreamClient(new RaftStreamClientOptions
        {
            BootstrapEndpoints = cluster.Bootstraps,
            RequestTimeout = Patience,
            OperationTimeout = Patience,
        });
        long began = Stopwatch.GetTimestamp();
        var topic = new ReplicatedTopic(client, "many", partitions);
        await topic.CreateAsync();
        Console.WriteLine($"{partitions} partitions are in sync {Stopwatch.GetElapsedTime(began).TotalSeconds:N1} s after their creation began");
        for (int trial = 0; trial < Trials; trial++)
        {
            int victim = LocalCluster.FirstBroker + (trial % 3);
            await LeadAllAsync(cluster, topic, victim);
            List<int> led = [.. (await topic.PartitionsAsync()).Where(p => p.Leader == victim).Select(p => p.Partition)];
            await using Producer producer = client.CreateProducer();
            await topic.ProduceAsync(producer, led); // every partition has been written to, as in a life before
            double[] times = await TimesAsync(topic, producer, led, () => cluster.Kill(victim));
            Console.WriteLine(
                $"trial {trial + 1} of {Trials}: broker {victim} led {led.Count} partitions: the first took a record again after {times[0]:N0} ms, half of them after {times[times.Length / 2]:N0} ms, the last after {times[^1]:N0} ms");
            await cluster.RepairAsync();
            await topic.UntilInSyncAsync();
        }
    }

    /// <summary>The other brokers are killed and come back: who remains leads.</summary>
    private static async Task LeadAllAsync(LocalCluster cluster, ReplicatedTopic topic, int leader)
    {
        foreach (int other in cluster.Nodes.Where(node => node >= LocalCluster.FirstBroker && node != leader))
        {
            cluster.Kill(other);
        }

        while ((await topic.PartitionsAsync()).Any(partition => partition.Leader != leader))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }

        await cluster.RepairAsync();
        await topic.UntilInSyncAsync();
    }

    private static async Task<double[]> TimesAsync(ReplicatedTopic topic, Producer producer, List<int> partitions, Action hit)
    {
        long began = Stopwatch.GetTimestamp();
        hit();
        double[] times = await Task.WhenAll(partitions.Select(async partition =>
        {
            await topic.ProduceAsync(producer, [partition]);
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }));
        Array.Sort(times);
        return times;
    }
}
