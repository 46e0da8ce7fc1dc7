using RaftStream.Model;

namespace RaftStream.Client.Consuming;

/// <summary>
/// One stretch of reading a partition: from an assignment, a seek, a pause or a resumption to the next. What was fetched for
/// an older stretch is recognised by its cursor and dropped; so a seek cannot be undone by data that was under way.
/// </summary>
internal sealed class FetchCursor(ConsumerPartition partition)
{
    private long _position = -1;
    private long _highWatermark = -1;

    /// <summary>What is read.</summary>
    public ConsumerPartition Partition { get; } = partition;

    /// <summary>Where to begin, until it is known as an offset; null from then on. The fetcher's.</summary>
    public StartPosition? Start { get; set; }

    /// <summary>Offset of the next record to give out; -1 is not known yet. Written by the reader once fetching began.</summary>
    public long Position
    {
        get => Volatile.Read(ref _position);
        set => Volatile.Write(ref _position, value);
    }

    /// <summary>Offset of the next record to ask for. The session's while one runs, else the fetcher's.</summary>
    public long FetchOffset { get; set; }

    /// <summary>Leader epoch of the last batch that was fetched (KIP-320); -1 is none.</summary>
    public int LastFetchedEpoch { get; set; } = LeaderEpoch.Unknown.Value;

    /// <summary>End, exclusive, of what may be read, as last heard of; -1 is not known.</summary>
    public long HighWatermark
    {
        get => Volatile.Read(ref _highWatermark);
        set => Volatile.Write(ref _highWatermark, value);
    }

    /// <summary>The position whose end was reported; the reader's.</summary>
    public long ReportedEnd { get; set; } = -1;

    /// <summary>Failures in a row. The fetcher's.</summary>
    public int FailuresInRow { get; set; }

    /// <summary>When the first of them was, as a timestamp of the time provider.</summary>
    public long FailingSince { get; set; }

    /// <summary>Not to be tried before, as a timestamp of the time provider.</summary>
    public long RetryAt { get; set; }

    /// <summary>The follower to read from until <see cref="ReplicaUntil"/>; null is the leader. The fetcher's.</summary>
    public int? Replica { get; set; }

    /// <summary>When the leader is asked again, as a timestamp of the time provider.</summary>
    public long ReplicaUntil { get; set; }

    /// <summary>Until then the leader itself is wanted, since a follower failed; as a timestamp of the time provider.</summary>
    public long FromLeaderUntil { get; set; }

    /// <summary>True once the reader was told that this stretch cannot go on.</summary>
    public bool HasFailed { get; set; }

    /// <summary>False once another stretch took over.</summary>
    public bool IsCurrent => ReferenceEquals(Partition.Cursor, this);

    /// <summary>Begins at an offset.</summary>
    public void BeginAt(long offset)
    {
        Start = null;
        FetchOffset = offset;
        Position = offset;
    }
}

/// <summary>One assigned partition.</summary>
internal sealed class ConsumerPartition(NamedPartition name)
{
    private volatile FetchCursor? _cursor;

    /// <summary>Its name.</summary>
    public NamedPartition Name { get; } = name;

    /// <summary>The stretch that is read now; null once the partition is not assigned any more.</summary>
    public FetchCursor? Cursor
    {
        get => _cursor;
        set => _cursor = value;
    }

    /// <summary>Not fetched for now. Guarded by the assignment's lock.</summary>
    public bool IsPaused { get; set; }
}
