using System.Globalization;

namespace RaftStream.Simulation.Quorums.World;

/// <summary>What happened, in order: a hash of all of it, and the last lines for people. The same seed gives the same hash.</summary>
public sealed class Trace
{
    private const int Kept = 400;

    private readonly Queue<string> _last = new();
    private ulong _hash = 14695981039346656037;

    /// <summary>Told of every line; null keeps quiet.</summary>
    public Action<string>? Listener { get; set; }

    /// <summary>FNV-1a over every line.</summary>
    public ulong Hash => _hash;

    /// <summary>Lines so far.</summary>
    public long Count { get; private set; }

    /// <summary>The last lines.</summary>
    public IEnumerable<string> Last => _last;

    /// <summary>Adds a line.</summary>
    public void Add(long nowMs, string what)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{nowMs,8} {what}");
        foreach (char c in line)
        {
            _hash = (_hash ^ c) * 1099511628211;
        }

        Count++;
        _last.Enqueue(line);
        if (_last.Count > Kept)
        {
            _last.Dequeue();
        }

        Listener?.Invoke(line);
    }
}
