using System.Globalization;
using RaftStream.Cli.Processes;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Replication;

/// <summary><c>restart</c>: how long a broker takes to be ready after kill -9, by the number of closed segments that it has.</summary>
/// <remarks>The first kill comes right behind gigabytes of writes, up to 5 s of which lie behind the last checkpoint. What has to be checked after a crash lies behind the recovery point: the open segment, and not what was closed before .</remarks>
internal static class RestartTime
{
    private const int SegmentBytes = 1 << 20;
    private const int Trials = 5;

    /// <param name="command">A published raftstream.</param>
    public static async Task RunAsync(string command)
    {
        foreach (int segments in (int[])[1, 100, 1_000, 3_000])
        {
            string folder = Directory.CreateTempSubdirectory("raftstream-restart-").FullName;
            try
            {
                await MeasureAsync(command, Path.Combine(folder, "data"), segments);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static async Task MeasureAsync(string command, string data, int segments)
    {
        BrokerPorts ports = BrokerPorts.Free();
        BrokerProcess broker = await BrokerProcess.StartAsync(command, data, ports, [], CancellationToken.None);
        await FillAsync(ports.Endpoint, segments);
        List<double> times = [];
        for (int trial = 0; trial < Trials; trial++)
        {
            await broker.DisposeAsync(); // kill -9
            broker = await BrokerProcess.StartAsync(command, data, ports, [], CancellationToken.None);
            times.Add(broker.ReadyAfter.TotalMilliseconds);
        }

        await broker.DisposeAsync();
        double first = times[0];
        times.RemoveAt(0);
        times.Sort();
        int files = Directory.EnumerateFiles(Path.Combine(data, "closed-0"), "*.log").Count();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{files,6:N0} segments: ready after kill -9 right behind the writes in {first:N0} ms, later in {times[times.Count / 2]:N0} ms ({times[0]:N0}-{times[^1]:N0})"));
    }

    private static async Task FillAsync(string endpoint, int segments)
    {
        await using var client = new RaftStreamClient(endpoint);
        (await client.Admin.CreateTopicsAsync(
        [
            new TopicSpec { Name = "closed", Partitions = 1, Configs = new Dictionary<string, string> { ["segment.bytes"] = $"{SegmentBytes}" } },
        ]))[0].ThrowIfFailed();
        await using Producer producer = client.CreateProducer();
        byte[] value = new byte[64 * 1024];
        long bytes = (long)segments * SegmentBytes;
        for (long sent = 0; sent < bytes; sent += value.Length)
        {
            _ = await producer.SendAsync("closed", value);
        }

        await producer.FlushAsync();
    }
}
