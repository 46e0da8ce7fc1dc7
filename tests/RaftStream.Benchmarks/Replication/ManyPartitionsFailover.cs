using System.Diagnostics;
using RaftStream.Benchmarks.Quorum;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Replication;

/// <summary><c>many-partitions-failover</c>: kill -9 of one of three brokers with many partitions, until each of those that it led takes a record again.</summary>
internal static class ManyPartitionsFailover
{
    /// <param name="script">scripts/cluster.</param>
    /// <param name="partitionsLed">That the killed broker leads; there are three times as many.</param>
    /// <param name="trials">Another broker is killed in each, as long as it leads its third.</param>
    public static async Task RunAsync(string script, int partitionsLed, int trials)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(script, brokers: 3);
        await using var client = new RaftStreamClient(new RaftStreamClientOptions
        {
            BootstrapEndpoints = cluster.Bootstraps,
            OperationTimeout = TimeSpan.FromMinutes(2),
        });
        long began = Stopwatch.GetTimestamp();
        var topic = new ReplicatedTopic(client, "many", partitionsLed * 3);
        await topic.CreateAsync();
        Console.WriteLine($"{partitionsLed * 3} partitions are in sync {Stopwatch.GetElapsedTime(began).TotalSeconds:N1} s after their creation began");
        for (int trial = 0; trial < trials; trial++)
        {
            int victim = LocalCluster.FirstBroker + (trial % 3);
            List<int> led = [.. (await topic.PartitionsAsync()).Where(p => p.Leader == victim).Select(p => p.Partition)];
            await using Producer producer = client.CreateProducer();
            await topic.ProduceAsync(producer, led); // every partition has been written to, as in a life before
            (double first, double last) = await TimesAsync(topic, producer, led, () => cluster.Kill(victim));
            Console.WriteLine($"trial {trial + 1} of {trials}: broker {victim} led {led.Count} partitions: the first took a record again after {first:N0} ms, the last after {last:N0} ms");
            await cluster.RepairAsync();
            await topic.UntilInSyncAsync();
        }
    }

    private static async Task<(double First, double Last)> TimesAsync(ReplicatedTopic topic, Producer producer, List<int> partitions, Action hit)
    {
        long began = Stopwatch.GetTimestamp();
        hit();
        double[] times = await Task.WhenAll(partitions.Select(async partition =>
        {
            await topic.ProduceAsync(producer, [partition]);
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }));
        return (times.Min(), times.Max());
    }
}
