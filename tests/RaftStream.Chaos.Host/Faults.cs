using System.Globalization;

namespace RaftStream.Chaos.Host;

/// <summary>What is wrong with this node's machine at the moment: words in a file beside its data folder, read again and again.</summary>
internal sealed class Faults(string file) : IDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);
    private Timer? _timer;
    private volatile bool _isFull;
    private volatile bool _noSpace;
    private long _clockOffsetMs;

    /// <summary>The disk says that it has no room left.</summary>
    public bool IsFull => _isFull;

    /// <summary>Writes that make a file longer fail.</summary>
    public bool NoSpace => _noSpace;

    /// <summary>How far the wall clock is off.</summary>
    public TimeSpan ClockOffset => TimeSpan.FromMilliseconds(Interlocked.Read(ref _clockOffsetMs));

    /// <summary>Flushes of records do nothing and say that all is well: a broker that acknowledges before it flushed, to see that the checks notice.</summary>
    public bool FlushLies { get; init; }

    /// <summary>Reads the file now and from then on.</summary>
    public void Watch()
    {
        Read();
        _timer = new Timer(_ => Read(), null, Period, Period);
    }

    public void Dispose() => _timer?.Dispose();

    private void Read()
    {
        string[] words = [];
        try
        {
            words = File.ReadAllText(file).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        }
        catch (IOException)
        {
            // No file, no fault.
        }

        _isFull = words.Contains("full") || words.Contains("no-space");
        _noSpace = words.Contains("no-space");
        string? clock = words.FirstOrDefault(word => word.StartsWith("clock=", StringComparison.Ordinal));
        Interlocked.Exchange(ref _clockOffsetMs, clock is null ? 0 : long.Parse(clock["clock=".Length..], CultureInfo.InvariantCulture));
    }
}
