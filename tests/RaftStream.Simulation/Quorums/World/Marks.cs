namespace RaftStream.Simulation.Quorums.World;

/// <summary>Rare things that a sweep must have seen: a simulator that never truncates a log proves nothing about truncation.</summary>
public sealed class Marks
{
    /// <summary>What a sweep of a few hundred seeds must reach.</summary>
    public static readonly IReadOnlyList<string> Required =
    [
        "power loss", "power loss inside a step", "kill", "pause", "storage error", "wall clock jump", "two-way cut", "one-way cut",
        "message lost", "message twice", "leader elected", "leader resigned: no majority", "pre-vote lost", "log truncated",
        "snapshot written", "snapshot installed", "snapshot chunk", "log start advanced", "voter added", "voter removed",
        "disk wiped", "leadership handed over", "append lost with its leader", "read answered", "broker fenced", "clean stop",
        "topic created", "topic deleted",
    ];

    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>How often each was seen.</summary>
    public IReadOnlyDictionary<string, long> Counts => _counts;

    /// <summary>It happened.</summary>
    public void Reach(string mark) => _counts[mark] = _counts.GetValueOrDefault(mark) + 1;

    /// <summary>Adds those of another run.</summary>
    public void Add(Marks other)
    {
        foreach ((string mark, long count) in other._counts)
        {
            _counts[mark] = _counts.GetValueOrDefault(mark) + count;
        }
    }

    /// <summary>Those that were never seen.</summary>
    /// <param name="required">Null is <see cref="Required"/>.</param>
    public IEnumerable<string> Missing(IEnumerable<string>? required = null) => (required ?? Required).Where(mark => !_counts.ContainsKey(mark));
}
