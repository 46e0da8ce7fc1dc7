using System.Diagnostics;
using System.Globalization;
using RaftStream.Cli.Bench;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Quorum;

/// <summary><c>quorum-ops</c>: metadata operations through three controllers, beside the price of an fdatasync here.</summary>
internal static class QuorumOperations
{
    public static async Task RunAsync(string script)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(script);
        await using var client = new RaftStreamClient(cluster.Bootstrap);
        await client.Admin.CreateTopicAsync("configured");
        Print("fdatasync", DiskProbe.Measure(Path.GetTempPath()), TimeSpan.Zero);
        foreach (int concurrency in (int[])[1, 32])
        {
            int count = concurrency == 1 ? 300 : 1_500;
            await MeasureAsync(
                "create topic", concurrency, count, i => client.Admin.CreateTopicAsync($"t-{concurrency}-{i}"));
            await MeasureAsync("alter config", concurrency, count, i => client.Admin.AlterTopicConfigsAsync(
                "configured", new Dictionary<string, string?> { ["retention.ms"] = (1_000_000 + i).ToString(CultureInfo.InvariantCulture) }));
        }
    }

    private static async Task MeasureAsync(string name, int concurrency, int count, Func<int, Task> operation)
    {
        for (int i = 0; i < 20; i++)
        {
            await operation(count + i); // warm
        }

        var histogram = new Histogram();
        int next = -1;
        long began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(async _ =>
        {
            for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                long start = Stopwatch.GetTimestamp();
                await operation(i);
                lock (histogram)
                {
                    histogram.Record((long)Stopwatch.GetElapsedTime(start).TotalNanoseconds);
                }
            }
        }));
        Print($"{name}, {concurrency} at a time", histogram, Stopwatch.GetElapsedTime(began));
    }

    private static void Print(string name, Histogram histogram, TimeSpan took)
    {
        string rate = took == TimeSpan.Zero ? "" : $"{histogram.Count / took.TotalSeconds,8:N0}/s";
        Console.WriteLine(
            $"{name,-30} {rate,12}  p50 {histogram.Percentile(50) / 1e6,7:N2} ms  p99 {histogram.Percentile(99) / 1e6,7:N2} ms  max {histogram.Max / 1e6,7:N2} ms");
    }
}
