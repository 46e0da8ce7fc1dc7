using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>Counts the bytes below the high watermark since the reign began, so that a fetch can wait for a number of bytes.</summary>
internal sealed class CommittedBytes
{
    /// <summary>While the high watermark stands still a leader may append without end: beyond so many appends the newest are one, and fetches wake in coarser steps.</summary>
    private const int MostEntries = 4096;

    private readonly RingQueue<Append> _uncommitted = new();
    private long _appended;

    /// <summary>Bytes appended in this reign and committed since.</summary>
    public long Total { get; private set; }

    public void Appended(Offset end, int bytes)
    {
        _appended += bytes;
        if (_uncommitted.Count == MostEntries)
        {
            _uncommitted[MostEntries - 1] = new Append(end, _appended);
            return;
        }

        _uncommitted.Enqueue(new Append(end, _appended));
    }

    public void Committed(Offset highWatermark)
    {
        while (_uncommitted.Count > 0 && _uncommitted[0].End <= highWatermark)
        {
            Total = _uncommitted.Dequeue().TotalBytes;
        }
    }

    public void Clear()
    {
        _uncommitted.Truncate(0);
        (_appended, Total) = (0, 0);
    }

    private readonly record struct Append(Offset End, long TotalBytes);
}
