using System.Diagnostics;
using RaftStream.Benchmarks.Quorum;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Replication;

/// <summary><c>broker-failover</c>: kill -9 of one of three brokers with many partitions, until each of those that it led takes a record again.</summary>
internal static class BrokerFailover
{
    private const int FirstBroker = 4;

    /// <param name="script">scripts/cluster.</param>
    /// <param name="partitionsLed">That the killed broker leads; there are three times as many.</param>
    /// <param name="trials">Another broker is killed in each; all lead a third again before the next.</param>
    public static async Task RunAsync(string script, int partitionsLed, int trials)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(script, brokers: 3);
        await using var client = new RaftStreamClient(new RaftStreamClientOptions
        {
            BootstrapEndpoints = cluster.Bootstraps,
            OperationTimeout = TimeSpan.FromMinutes(2),
        });
        int partitions = partitionsLed * 3;
        await CreateAsync(client, partitions);
        for (int trial = 0; trial < trials; trial++)
        {
            int victim = FirstBroker + (trial % 3);
            List<int> led = [.. (await client.Admin.DescribeTopicAsync("many")).Partitions.Where(p => p.Leader == victim).Select(p => p.Partition)];
            await using Producer producer = client.CreateProducer();
            await ProduceAsync(producer, led); // every partition has been written to, as in a life before
            cluster.Kill(victim);
            long began = Stopwatch.GetTimestamp();
            (double first, double last) = await TimesAsync(producer, led, began);
            Console.WriteLine($"trial {trial + 1} of {trials}: broker {victim} led {led.Count} partitions: the first took a record again after {first:N0} ms, the last after {last:N0} ms");
            await cluster.RepairAsync();
            await UntilInSyncAsync(client, partitions);
        }
    }

    private static async Task CreateAsync(RaftStreamClient client, int partitions)
    {
        IReadOnlyList<TopicOutcome> outcomes = await client.Admin.CreateTopicsAsync(
        [
            new TopicSpec
            {
                Name = "many",
                Partitions = partitions,
                ReplicationFactor = 3,
                Configs = new Dictionary<string, string> { ["min.insync.replicas"] = "2" },
            },
        ]);
        outcomes[0].ThrowIfFailed();
        await UntilInSyncAsync(client, partitions);
    }

    private static async Task UntilInSyncAsync(RaftStreamClient client, int partitions)
    {
        while ((await client.Admin.DescribeTopicAsync("many")).Partitions.Count(p => p.Leader >= 0 && p.Isr.Count == 3) < partitions)
        {
            await Task.Delay(200);
        }
    }

    private static Task<DeliveryReport[]> ProduceAsync(Producer producer, IEnumerable<int> partitions) =>
        Task.WhenAll(partitions.Select(partition => producer.SendAsync("many", new ProducerRecord { Partition = partition, Value = "x"u8.ToArray() }).AsTask()));

    private static async Task<(double First, double Last)> TimesAsync(Producer producer, List<int> partitions, long began)
    {
        double[] times = await Task.WhenAll(partitions.Select(async partition =>
        {
            await ProduceAsync(producer, [partition]);
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }));
        return (times.Min(), times.Max());
    }
}
