using System.Diagnostics;
using RaftStream.Benchmarks.Quorum;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Replication;

/// <summary><c>broker-failover</c>: from the end of a partition's leader until the partition takes a record again, as a client with default settings sees it.</summary>
internal static class BrokerFailover
{
    private const int Partitions = 6;

    /// <param name="script">scripts/cluster.</param>
    /// <param name="trials">Of each kind; kinds alternate, so that the machine's mood meets all. Each hits the broker that leads most.</param>
    public static async Task RunAsync(string script, int trials)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(script, brokers: 3, hasLinks: true);
        await using var client = new RaftStreamClient(new RaftStreamClientOptions { BootstrapEndpoints = cluster.Bootstraps });
        var topic = new ReplicatedTopic(client, "probe", Partitions);
        await topic.CreateAsync();
        await using Producer producer = client.CreateProducer();
        Times kills = new(), pauses = new(), cuts = new();
        for (int trial = 0; trial < trials; trial++)
        {
            await TrialAsync(topic, producer, kills, cluster.Kill, _ => cluster.RepairAsync());
            await TrialAsync(topic, producer, pauses, cluster.Pause, broker => Mend(cluster.Resume, broker));
            await TrialAsync(topic, producer, cuts, cluster.CutOff, broker => Mend(cluster.Join, broker));
            Console.WriteLine($"trial {trial + 1} of {trials}: kill -9 {kills.Last:N0} ms, SIGSTOP {pauses.Last:N0} ms, cut off {cuts.Last:N0} ms");
        }

        kills.Print("kill -9", $"partitions in {trials} trials");
        pauses.Print("SIGSTOP", $"partitions in {trials} trials");
        cuts.Print("cut off", $"partitions in {trials} trials");
    }

    private static async Task TrialAsync(ReplicatedTopic topic, Producer producer, Times times, Action<int> hit, Func<int, Task> mend)
    {
        await topic.UntilInSyncAsync();
        await topic.ProduceAsync(producer, Enumerable.Range(0, Partitions)); // the client is used to all leaders
        IGrouping<int, PartitionDescription> led = (await topic.PartitionsAsync()).GroupBy(partition => partition.Leader).MaxBy(group => group.Count())!;
        long began = Stopwatch.GetTimestamp();
        hit(led.Key);
        double[] took = await Task.WhenAll(led.Select(async partition =>
        {
            await topic.ProduceAsync(producer, [partition.Partition]);
            return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }));
        Array.Sort(took);
        Array.ForEach(took, times.Add);
        await mend(led.Key);
    }

    private static Task Mend(Action<int> act, int broker)
    {
        act(broker);
        return Task.CompletedTask;
    }
}
