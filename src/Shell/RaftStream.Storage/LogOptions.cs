namespace RaftStream.Storage;

/// <summary>When a replica counts a batch as its own .</summary>
public enum FlushMode
{
    /// <summary>Only once it is flushed: a group commit covers all that came before it.</summary>
    Commit,

    /// <summary>Once it is in the kernel's page cache: survives the process, not the machine.</summary>
    Os,
}

/// <summary>Settings of one partition log; the names in brackets are the topic configs they come from.</summary>
public sealed record LogOptions
{
    /// <summary>Kafka's defaults, flush mode commit.</summary>
    public static readonly LogOptions Default = new();

    /// <summary>Bytes after which a segment is closed (<c>segment.bytes</c>); a batch is never split.</summary>
    public int SegmentBytes { get; init; } = 1 << 30;

    /// <summary>Milliseconds of record time after which a segment is closed (<c>segment.ms</c>).</summary>
    public long SegmentMs { get; init; } = 7L * 24 * 3600 * 1000;

    /// <summary>Milliseconds by which <see cref="SegmentMs"/> is shortened, so that partitions do not roll together (<c>segment.jitter.ms</c>).</summary>
    public long SegmentJitterMs { get; init; }

    /// <summary>Log bytes per index entry (<c>index.interval.bytes</c>).</summary>
    public int IndexIntervalBytes { get; init; } = 4096;

    /// <summary>Bytes of offset index after which a segment is closed (<c>segment.index.bytes</c>).</summary>
    public int IndexMaxBytes { get; init; } = 10 << 20;

    /// <summary>When appended bytes count (<c>flush</c>).</summary>
    public FlushMode Flush { get; init; } = FlushMode.Commit;

    /// <summary>Unflushed bytes after which <see cref="PartitionLog.IsFlushDue"/> asks for a flush in mode <see cref="FlushMode.Os"/>; bounds recovery .</summary>
    public long FlushBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Log bytes behind the recovery point below which a checkpoint does not flush the active segment's indexes to
    /// advance it: recovery reads so little in a few milliseconds, and a quiet log costs two flushes less.
    /// </summary>
    public long CheckpointBytes { get; init; } = 4 << 20;

    /// <summary>Age in milliseconds after which a closed segment goes (<c>retention.ms</c>); -1 is never.</summary>
    public long RetentionMs { get; init; } = 7L * 24 * 3600 * 1000;

    /// <summary>Log size in bytes above which the oldest segments go (<c>retention.bytes</c>); -1 is unlimited.</summary>
    public long RetentionBytes { get; init; } = -1;

    /// <summary>
    /// True when the leader refuses timestamps far in the future: a segment is then never kept longer than
    /// its append time plus <see cref="RetentionMs"/>, whatever its records say.
    /// </summary>
    public bool TimestampsAreBounded { get; init; } = true;

    /// <summary>Asks the file system for the whole segment up front (<c>preallocate</c>).</summary>
    public bool Preallocate { get; init; }

    /// <summary>Lets replicated batches leave gaps between offsets: compacted logs .</summary>
    public bool AllowOffsetGaps { get; init; }

    /// <summary>Checks the checksum of each replicated batch again before appending it.</summary>
    public bool VerifyReplicatedCrc { get; init; } = true;
}
