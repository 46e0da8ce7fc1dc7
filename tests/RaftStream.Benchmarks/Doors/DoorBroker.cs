using System.Globalization;
using RaftStream.Benchmarks.Suite;
using RaftStream.Cli.Bench;
using RaftStream.Cli.Processes;
using RaftStream.Client;

namespace RaftStream.Benchmarks.Doors;

/// <summary>A broker process on a fresh folder, and what it tells about itself.</summary>
internal sealed class DoorBroker : IAsyncDisposable
{
    private const long PrewarmBytes = 3L << 30;
    private const string Allocated = "dotnet_gc_heap_total_allocated_bytes_total";

    private readonly string _folder;
    private readonly BrokerProcess _process;
    private readonly RaftStreamClient _client;
    private readonly HttpClient _http;
    private double _scrapeBytes;

    private DoorBroker(string folder, BrokerProcess process)
    {
        _folder = folder;
        _process = process;
        _client = new RaftStreamClient(process.Ports.Endpoint);
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{process.Ports.Http}/") };
    }

    public BrokerPorts Ports => _process.Ports;

    public int Pid => _process.Pid;

    /// <param name="command">A published raftstream.</param>
    public static async Task<DoorBroker> StartAsync(string command)
    {
        string folder = Directory.CreateTempSubdirectory("raftstream-doors-").FullName;
        BrokerProcess process = await BrokerProcess.StartAsync(
            command, Path.Combine(folder, "data"), BrokerPorts.Free(), ["--logging-level", "warning"], CancellationToken.None);
        var broker = new DoorBroker(folder, process);
        double before = (await broker.ReadAsync()).AllocatedBytes;
        broker._scrapeBytes = (await broker.ReadAsync()).AllocatedBytes - before;
        return broker;
    }

    /// <summary>Gets memory for what a run writes from the host.</summary>
    public void Prewarm() => PageCache.Touch(_folder, PrewarmBytes);

    /// <summary>Processor time and allocation so far.</summary>
    public async Task<DoorUsage> ReadAsync()
    {
        double allocated = Find(await MetricsAsync(), Allocated).Sum(found => found.Value);
        return new DoorUsage(
            ProcFiles.CpuSeconds(Pid) ?? 0, allocated - _scrapeBytes, Environment.CpuUsage.TotalTime.TotalSeconds);
    }

    /// <summary>Bytes of files that Fetch answered, by the path that they took.</summary>
    public async Task<Dictionary<string, double>> FetchBytesAsync() => Find(await MetricsAsync(), "raftstream_kafka_fetch_bytes_total")
        .ToDictionary(found => found.Labels.Split('"') is [_, var path, ..] ? path : "", found => found.Value);

    /// <summary>A new topic with flush=os and segments of 1 GiB.</summary>
    public async Task<string> CreateAsync(int partitions)
    {
        string topic = $"bench-{Guid.NewGuid():N}"[..18];
        (await _client.Admin.CreateTopicsAsync(
        [
            new TopicSpec { Name = topic, Partitions = partitions, Configs = new Dictionary<string, string> { ["flush"] = "os", ["segment.bytes"] = $"{1 << 30}" } },
        ]))[0].ThrowIfFailed();
        return topic;
    }

    public Task DeleteAsync(string topic) => _client.Admin.DeleteTopicAsync(topic);

    /// <summary>The first file of a partition's log.</summary>
    public string FileOf(string topic, int partition) => Path.Combine(_folder, "data", $"{topic}-{partition}", "00000000000000000000.log");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _client.DisposeAsync();
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<string> MetricsAsync() => _http.GetStringAsync("metrics");

    private static IEnumerable<(string Labels, double Value)> Find(string metrics, string name) =>
        from line in metrics.Split('\n')
        where line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] is '{' or ' '
        let value = line.LastIndexOf(' ')
        select (line[name.Length..value], double.Parse(line[value..], CultureInfo.InvariantCulture));
}

/// <summary>What broker and client used so far, or between two moments.</summary>
/// <param name="CpuSeconds">Of the broker.</param>
/// <param name="AllocatedBytes">By the broker, without what asking for it takes.</param>
/// <param name="ClientCpuSeconds">Of this process.</param>
internal readonly record struct DoorUsage(double CpuSeconds, double AllocatedBytes, double ClientCpuSeconds)
{
    public static DoorUsage operator -(DoorUsage after, DoorUsage before) => new(
        after.CpuSeconds - before.CpuSeconds, after.AllocatedBytes - before.AllocatedBytes, after.ClientCpuSeconds - before.ClientCpuSeconds);
}
