namespace RaftStream.Kafka.Protocol;

/// <summary>A place in a written frame where bytes are missing that its writer does not have.</summary>
/// <param name="Position">Written bytes in front of it; holes do not count.</param>
/// <param name="Length">Bytes to put there.</param>
/// <param name="Source">What <see cref="WireBytes.Hole"/> was given.</param>
public readonly record struct FrameHole(int Position, int Length, object Source);

/// <summary>The holes of one frame, in order. Written bytes and holes in turn are what the peer must get.</summary>
/// <remarks>Reusable. One owner; not thread-safe.</remarks>
public sealed class FrameHoles
{
    private readonly List<FrameHole> _holes = [];

    /// <summary>Number of holes.</summary>
    public int Count => _holes.Count;

    /// <summary>Bytes that are missing in all.</summary>
    public long TotalLength { get; private set; }

    /// <summary>The hole at <paramref name="index"/>.</summary>
    public FrameHole this[int index] => _holes[index];

    /// <summary>Forgets all holes and what they refer to.</summary>
    public void Clear()
    {
        _holes.Clear();
        TotalLength = 0;
    }

    internal void Add(FrameHole hole)
    {
        _holes.Add(hole);
        TotalLength += hole.Length;
    }
}
