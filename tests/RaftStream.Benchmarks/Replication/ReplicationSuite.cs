using System.Diagnostics;
using System.Text.Json;
using RaftStream.Benchmarks.Quorum;
using RaftStream.Benchmarks.Suite;
using RaftStream.Cli.Bench;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Replication;

/// <summary><c>replication</c>: three brokers here, three replicas, acks=all, min.insync.replicas=2, beside one replica; CPU of all brokers.</summary>
internal static class ReplicationSuite
{
    private const int Brokers = 3;

    private static readonly IReadOnlyList<Case> Cases =
    [
        new("1 replica, 100 B, 1 partition, os", 1, 1, 100, "os"),
        new("1 replica, 100 B, 12 partitions, os", 1, 12, 100, "os"),
        new("1 replica, 100 B, 1 partition, commit", 1, 1, 100, "commit"),
        new("1 replica, 100 B, 12 partitions, commit", 1, 12, 100, "commit"),
        new("1 replica, 1 KiB, 1 partition, os", 1, 1, 1024, "os"),
        new("1 replica, 1 KiB, 12 partitions, os", 1, 12, 1024, "os"),
        new("3 replicas, 100 B, 1 partition, os", 3, 1, 100, "os"),
        new("3 replicas, 100 B, 12 partitions, os", 3, 12, 100, "os"),
        new("3 replicas, 100 B, 1 partition, commit", 3, 1, 100, "commit"),
        new("3 replicas, 100 B, 12 partitions, commit", 3, 12, 100, "commit"),
        new("3 replicas, 1 KiB, 1 partition, os", 3, 1, 1024, "os"),
        new("3 replicas, 1 KiB, 12 partitions, os", 3, 12, 1024, "os"),
        new("3 replicas, 1 KiB, 1 partition, commit", 3, 1, 1024, "commit"),
        new("3 replicas, 1 KiB, 12 partitions, commit", 3, 12, 1024, "commit"),
    ];

    /// <param name="command">A published raftstream.</param>
    /// <param name="script">scripts/cluster.</param>
    /// <param name="rounds">Each case once per round, so that the machine's mood meets all.</param>
    public static async Task RunAsync(string command, string script, int rounds)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(script, Brokers);
        await using var client = new RaftStreamClient(cluster.Bootstrap);
        var latency = Cases.Where(item => item.Replicas == Brokers).ToDictionary(item => item, _ => new Dictionary<string, Samples>());
        for (int round = 1; round <= rounds; round++)
        {
            // First of all: what the other cases write is deleted while they run, and each fdatasync may wait for that.
            foreach ((Case item, Dictionary<string, Samples> samples) in latency)
            {
                await LatencyAsync(command, cluster, client, item, samples);
            }

            Console.WriteLine($"latency, round {round} of {rounds}");
        }

        foreach ((Case item, Dictionary<string, Samples> samples) in latency)
        {
            Console.WriteLine($"{item.Name,-42} 5,000/s end to end: " + string.Join(", ", samples.Select(entry => $"{entry.Key} {entry.Value.Show(0)} us")));
        }

        var figures = Cases.ToDictionary(item => item, _ => new Dictionary<string, Samples>());
        for (int round = 0; round <= rounds; round++)
        {
            foreach (Case item in Cases)
            {
                bool isWarmUp = round == 0;
                await ThroughputAsync(command, cluster, client, item, isWarmUp ? [] : figures[item], isWarmUp);
            }

            Console.WriteLine(round == 0 ? "warm" : $"throughput, round {round} of {rounds}");
        }

        foreach (Case item in Cases)
        {
            Dictionary<string, Samples> of = figures[item];
            Console.WriteLine(
                $"{item.Name,-42} {of["records"].Show(2)} M/s, {of["megabytes"].Show(0)} MB/s, brokers {of["cpuMillion"].Show(2)} CPU s per million, {of["cpuGigabyte"].Show(1)} per GB");
        }
    }

    private static async Task ThroughputAsync(
        string command, LocalCluster cluster, RaftStreamClient client, Case item, Dictionary<string, Samples> figures, bool isWarmUp)
    {
        string topic = await CreateAsync(client, item.Replicas, item.Partitions, item.Flush);
        double before = CpuSeconds(cluster);
        JsonElement result = await RunAsync(
            command, "bench", "produce", "--topic", topic, "--record-size", $"{item.Bytes}", "--warm-up", "100ms", "--duration", isWarmUp ? "3s" : "6s", "--bootstrap", cluster.Bootstrap, "--output", "json");
        double cpu = CpuSeconds(cluster) - before;

        // All that was produced, the warm-up included: that is what the processor time was for.
        double records = (await client.Admin.ListTopicOffsetsAsync(topic, StartPosition.End)).Sum(answer => answer.Offset);

        Add(figures, "records", Figures.Find(result, ["recordsPerSecond"])!.Value / 1e6);
        Add(figures, "megabytes", Figures.Find(result, ["megabytesPerSecond"])!.Value);
        Add(figures, "cpuMillion", cpu / records * 1e6);
        Add(figures, "cpuGigabyte", cpu / (records * item.Bytes) * 1e9);
        await client.Admin.DeleteTopicAsync(topic);
    }

    private static async Task LatencyAsync(
        string command, LocalCluster cluster, RaftStreamClient client, Case item, Dictionary<string, Samples> figures)
    {
        string topic = await CreateAsync(client, item.Replicas, item.Partitions, item.Flush);
        JsonElement result = await RunAsync(
            command, "bench", "latency", "--topic", topic, "--record-size", $"{item.Bytes}", "--rate", "5000", "--warm-up", "2s", "--duration", "6s", "--bootstrap", cluster.Bootstrap, "--output", "json");
        foreach (string percentile in (string[])["p50Us", "p99Us", "p999Us"])
        {
            Add(figures, percentile[..^2], Figures.Find(result, ["endToEnd", percentile])!.Value);
        }

        await client.Admin.DeleteTopicAsync(topic);
    }

    private static async Task<string> CreateAsync(RaftStreamClient client, int replicas, int partitions, string flush)
    {
        string topic = $"bench-{Guid.NewGuid():N}";
        TopicOutcome outcome = (await client.Admin.CreateTopicsAsync(
        [
            new TopicSpec
            {
                Name = topic,
                Partitions = partitions,
                ReplicationFactor = replicas,
                Configs = new Dictionary<string, string> { ["flush"] = flush, ["min.insync.replicas"] = "2" },
            },
        ])).Single();
        return outcome.Error is null ? topic : throw outcome.Error;
    }

    private static double CpuSeconds(LocalCluster cluster) => cluster.BrokerPids.Sum(pid => ProcFiles.CpuSeconds(pid) ?? 0);

    private static async Task<JsonElement> RunAsync(string command, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonDocument.Parse(output).RootElement
            : throw new InvalidOperationException($"raftstream {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    private static void Add(Dictionary<string, Samples> figures, string name, double value)
    {
        if (!figures.TryGetValue(name, out Samples? samples))
        {
            figures.Add(name, samples = new Samples());
        }

        samples.Add(value.Equals(double.NaN) ? 0 : value);
    }

    private sealed record Case(string Name, int Replicas, int Partitions, int Bytes, string Flush);
}
