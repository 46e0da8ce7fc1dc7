using System.Diagnostics;
using RaftStream.Embedded;

namespace RaftStream.Benchmarks.Suite;

/// <summary>Time until an embedded broker takes requests: the first one in the process, and later ones.</summary>
internal static class EmbeddedStart
{
    private const int WarmStarts = 5;

    private static bool _isFirst = true;

    /// <summary>Starts brokers in this process, one after the other.</summary>
    public static async Task MeasureAsync(string folder, Action<string, double> add, CancellationToken cancellationToken)
    {
        if (_isFirst)
        {
            _isFirst = false;
            add("firstReadyMs", await StartAsync(new RaftStreamBrokerOptions { InMemory = true }, cancellationToken));
        }

        for (int i = 0; i < WarmStarts; i++)
        {
            string data = Path.Combine(folder, $"embedded-{i}");
            add("memoryReadyMs", await StartAsync(new RaftStreamBrokerOptions { InMemory = true }, cancellationToken));
            add("diskReadyMs", await StartAsync(new RaftStreamBrokerOptions { DataDirectory = data }, cancellationToken));
        }
    }

    private static async Task<double> StartAsync(RaftStreamBrokerOptions options, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        await using RaftStreamBroker broker = await RaftStreamBroker.StartAsync(options, cancellationToken);
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }
}
