using System.Diagnostics;
using System.Globalization;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Quorum;

/// <summary><c>quorum-failover</c>: from the end of the active controller to the next metadata write that succeeds.</summary>
internal static class QuorumFailover
{
    /// <param name="trials">Of each kind; kinds alternate, so that the machine's mood meets all.</param>
    public static async Task RunAsync(string script, int trials)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(script);
        await using var client = new RaftStreamClient(cluster.Bootstrap);
        await client.Admin.CreateTopicAsync("probe");
        var kills = new List<double>();
        var pauses = new List<double>();
        var cuts = new List<double>();
        for (int trial = 0; trial < trials; trial++)
        {
            kills.Add(await TrialAsync(cluster, client, (3 * trial) + 1, cluster.Kill, _ => { }));
            pauses.Add(await TrialAsync(cluster, client, (3 * trial) + 2, cluster.Pause, cluster.Resume));
            cuts.Add(await TrialAsync(cluster, client, (3 * trial) + 3, cluster.CutOff, cluster.Join));
            Console.WriteLine($"trial {trial + 1} of {trials}: kill -9 {kills[^1]:N0} ms, SIGSTOP {pauses[^1]:N0} ms, cut off {cuts[^1]:N0} ms");
        }

        Print("kill -9", kills);
        Print("SIGSTOP", pauses);
        Print("cut off", cuts);
    }

    private static async Task<double> TrialAsync(LocalCluster cluster, RaftStreamClient client, int number, Action<int> hit, Action<int> mend)
    {
        QuorumDescription quorum = await client.Cluster.DescribeQuorumAsync();
        await WriteAsync(client, number);
        hit(quorum.Leader);
        long began = Stopwatch.GetTimestamp();
        await WriteAsync(client, -number);
        double took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        mend(quorum.Leader);
        await cluster.RepairAsync();
        await Task.Delay(TimeSpan.FromSeconds(2)); // everybody follows again before the next trial
        return took;
    }

    /// <summary>Tries until it is taken.</summary>
    private static async Task WriteAsync(RaftStreamClient client, int number)
    {
        var values = new Dictionary<string, string?> { ["retention.ms"] = (10_000_000 + number).ToString(CultureInfo.InvariantCulture) };
        while (true)
        {
            try
            {
                await client.Admin.AlterTopicConfigsAsync("probe", values);
                return;
            }
            catch (RaftStreamException exception) when (exception.IsRetriable)
            {
                // The client gave up waiting; the next one may be led.
            }
        }
    }

    private static void Print(string name, List<double> milliseconds)
    {
        milliseconds.Sort();
        Console.WriteLine(
            $"{name}: {milliseconds.Count} trials, p50 {At(milliseconds, 50):N0} ms, p90 {At(milliseconds, 90):N0} ms, p99 {At(milliseconds, 99):N0} ms, min {milliseconds[0]:N0} ms, max {milliseconds[^1]:N0} ms");
    }

    private static double At(List<double> sorted, int percentile) => sorted[Math.Min(sorted.Count - 1, (sorted.Count * percentile) / 100)];
}
