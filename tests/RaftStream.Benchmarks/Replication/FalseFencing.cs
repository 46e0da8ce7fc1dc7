using System.Diagnostics;
using System.Globalization;
using RaftStream.Benchmarks.Quorum;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Replication;

/// <summary><c>false-fencing</c>: brokers that are fenced, leaders and controllers that change although no process was stopped: the processor is starved, or everything stands still at once.</summary>
internal static class FalseFencing
{
    private const int Partitions = 6;
    private const int Suspensions = 10;
    private static readonly TimeSpan Suspension = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <param name="script">scripts/cluster: three controllers and three brokers, on this machine's cores together.</param>
    /// <param name="seconds">Of each load.</param>
    public static async Task RunAsync(string script, int seconds)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(script, brokers: 3);
        await using var client = new RaftStreamClient(new RaftStreamClientOptions { BootstrapEndpoints = cluster.Bootstraps });
        var topic = new ReplicatedTopic(client, "probe", Partitions);
        await topic.CreateAsync();
        int cores = Environment.ProcessorCount;
        string all = string.Create(CultureInfo.InvariantCulture, $"0-{cores - 1}");
        await MeasureAsync($"no load, {seconds} s", () => Task.Delay(TimeSpan.FromSeconds(seconds)));
        foreach (int times in (int[])[1, 4, 8])
        {
            await MeasureAsync($"{times} busy loops per core, {cores} cores, {seconds} s", () => StarveAsync(times * cores, all));
        }

        BusyLoops.Pin(cluster, "0");
        await MeasureAsync($"all six nodes on one core, {seconds} s", () => Task.Delay(TimeSpan.FromSeconds(seconds)));
        await MeasureAsync($"all six nodes on one core with 4 busy loops, {seconds} s", () => StarveAsync(4, "0"));
        BusyLoops.Pin(cluster, all);
        BusyLoops.Yield(cluster);
        await MeasureAsync($"8 busy loops per core and all six nodes at the lowest priority, {seconds} s", () => StarveAsync(8 * cores, all));
        await MeasureAsync($"all six nodes stopped and continued {Suspensions} times, {Suspension.TotalSeconds} s each", () => SuspendAsync(cluster));

        async Task StarveAsync(int loops, string on)
        {
            using (new BusyLoops(loops, on))
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds));
            }
        }

        async Task MeasureAsync(string name, Func<Task> load)
        {
            await topic.UntilInSyncAsync();
            Counts before = await Counts.ReadAsync(cluster, topic);
            using var enough = new CancellationTokenSource();
            var times = new Times();
            await using Producer producer = client.CreateProducer();
            Task producing = ProduceAsync(topic, producer, times, enough.Token);
            await load();
            await topic.UntilInSyncAsync(); // what was fenced late counts too
            await enough.CancelAsync();
            await producing;
            Counts after = await Counts.ReadAsync(cluster, topic);
            Console.WriteLine(
                $"{name}: brokers fenced {after.Fenced - before.Fenced}, leaders of {Partitions} partitions changed {after.Leaders - before.Leaders}, elections of controllers {after.Elections - before.Elections}");
            times.Print("    a record for each partition, until all are acknowledged", "times");
        }
    }

    private static async Task SuspendAsync(LocalCluster cluster)
    {
        for (int i = 0; i < Suspensions; i++)
        {
            foreach (int node in cluster.Nodes)
            {
                cluster.Pause(node);
            }

            await Task.Delay(Suspension);
            foreach (int node in i % 2 == 0 ? cluster.Nodes : cluster.Nodes.Reverse())
            {
                cluster.Resume(node);
            }

            await Task.Delay(Suspension);
        }
    }

    private static async Task ProduceAsync(ReplicatedTopic topic, Producer producer, Times times, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            long began = Stopwatch.GetTimestamp();
            await topic.ProduceAsync(producer, Enumerable.Range(0, Partitions));
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await Task.Delay(Pause, CancellationToken.None);
        }
    }

    /// <summary>What happened since the cluster began.</summary>
    /// <param name="Fenced">Brokers that controllers fenced for their silence.</param>
    /// <param name="Leaders">Reigns of leaders of all partitions.</param>
    /// <param name="Elections">Elections that controllers stood for.</param>
    private sealed record Counts(long Fenced, long Leaders, long Elections)
    {
        public static async Task<Counts> ReadAsync(LocalCluster cluster, ReplicatedTopic topic)
        {
            using var http = new HttpClient();
            long fenced = 0, elections = 0;
            foreach (int controller in cluster.Nodes.Where(node => node < LocalCluster.FirstBroker))
            {
                string metrics = await http.GetStringAsync(new Uri(cluster.HttpOf(controller), "/metrics"));
                fenced += Sum(metrics, "raftstream_brokers_fenced_total");
                elections += Sum(metrics, "raftstream_quorum_elections_total");
            }

            return new Counts(fenced, (await topic.PartitionsAsync()).Sum(partition => (long)partition.LeaderEpoch), elections);
        }

        private static long Sum(string metrics, string name) => metrics.Split('\n')
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Sum(line => (long)double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }
}
