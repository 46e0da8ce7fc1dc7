using RaftStream.Model;

namespace RaftStream.Storage.Segments;

/// <summary>The segments of a log in offset order: an immutable value, replaced as a whole, read without a lock.</summary>
internal sealed class SegmentList(LogSegment[] segments)
{
    internal int Count => segments.Length;

    internal LogSegment this[int index] => segments[index];

    /// <summary>The one that is appended to.</summary>
    internal LogSegment Active => segments[^1];

    internal ReadOnlySpan<LogSegment> All => segments;

    /// <summary>Index of the last segment whose base is at or below <paramref name="offset"/>; -1 when all begin above it.</summary>
    internal int Find(Offset offset)
    {
        int low = 0;
        int high = segments.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (segments[middle].BaseOffset <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }

    internal SegmentList With(LogSegment newest) => new([.. segments, newest]);

    /// <summary>The list without the first <paramref name="count"/> segments.</summary>
    internal SegmentList Skip(int count) => new(segments[count..]);

    /// <summary>The first <paramref name="count"/> segments.</summary>
    internal SegmentList Take(int count) => new(segments[..count]);
}
