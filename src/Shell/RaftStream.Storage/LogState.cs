using RaftStream.Model;
using RaftStream.Storage.Checkpoints;
using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>What the parts of one log share: where it ends, its segments, its locks, and whether it still works.</summary>
/// <remarks>
/// Positions are written by one owner each and read by anybody: log end by the appender, durable end by the flusher (and
/// by truncation, which excludes it), log start under the structure lock.
/// Lock order: <see cref="FlushLock"/>, then <see cref="StructureLock"/>. An append that does not begin a segment takes
/// neither.
/// </remarks>
internal sealed class LogState(IFileSystem fileSystem, string directory, string name, TopicId topicId, OffsetCheckpoints checkpoints, DiskReserve reserve)
{
    private long _logStart;
    private long _logEnd;
    private long _durableEnd;
    private long _highWatermark;
    private long _appendedBytes;
    private long _flushedBytes;
    private int _lastEpoch = LeaderEpoch.Unknown.Value;
    private int _namesAreUnsynced;
    private volatile SegmentList _segments = new([]);
    private volatile LogOptions _options = LogOptions.Default;
    private volatile StorageException? _failure;
    private volatile string? _suspectReason;
    private volatile bool _isClosed;
    private volatile bool _rolledSinceFlush;

    internal IFileSystem FileSystem { get; } = fileSystem;

    internal string Directory { get; } = directory;

    /// <summary>The folder's name, which is also the key in the checkpoints.</summary>
    internal string Name { get; } = name;

    internal TopicId TopicId { get; } = topicId;

    internal OffsetCheckpoints Checkpoints { get; } = checkpoints;

    internal DiskReserve Reserve { get; } = reserve;

    internal EpochCache Epochs { get; init; } = new();

    /// <summary>The idempotent producers (G-3.2).</summary>
    internal required LogProducers Producers { get; init; }

    internal Sabotage Sabotage { get; init; }

    /// <summary>Held by a flush, a checkpoint and a truncation: files do not shrink while they are flushed.</summary>
    internal Lock FlushLock { get; } = new();

    /// <summary>Held while the segment list or the log start changes.</summary>
    internal Lock StructureLock { get; } = new();

    internal SegmentList Segments
    {
        get => _segments;
        set => _segments = value;
    }

    internal LogOptions Options
    {
        get => _options;
        set => _options = value;
    }

    internal Offset LogStart
    {
        get => new(Volatile.Read(ref _logStart));
        set => Volatile.Write(ref _logStart, value.Value);
    }

    internal Offset LogEnd
    {
        get => new(Volatile.Read(ref _logEnd));
        set => Volatile.Write(ref _logEnd, value.Value);
    }

    internal Offset DurableEnd
    {
        get => new(Volatile.Read(ref _durableEnd));
        set => Volatile.Write(ref _durableEnd, value.Value);
    }

    internal Offset HighWatermark
    {
        get => new(Volatile.Read(ref _highWatermark));
        set => Volatile.Write(ref _highWatermark, value.Value);
    }

    /// <summary>Below it data, index entries and epochs are durable: what the checkpoint may say. Under the flush lock.</summary>
    internal Offset RecoveryPoint { get; set; }

    /// <summary>Epoch of the last batch; -1 when there is none.</summary>
    internal LeaderEpoch LastEpoch
    {
        get => new(Volatile.Read(ref _lastEpoch));
        set => Volatile.Write(ref _lastEpoch, value.Value);
    }

    /// <summary>Bytes appended by this process; only the appender adds.</summary>
    internal long AppendedBytes
    {
        get => Volatile.Read(ref _appendedBytes);
        set => Volatile.Write(ref _appendedBytes, value);
    }

    /// <summary>What <see cref="AppendedBytes"/> was when the last flush began. Flusher.</summary>
    internal long FlushedBytes
    {
        get => Volatile.Read(ref _flushedBytes);
        set => Volatile.Write(ref _flushedBytes, value);
    }

    /// <summary>True when a segment was closed that the last flush did not cover.</summary>
    internal bool RolledSinceFlush
    {
        get => _rolledSinceFlush;
        set => _rolledSinceFlush = value;
    }

    /// <summary>The failure that stopped the log.</summary>
    internal StorageException? Failure => _failure;

    /// <summary>Why durable data is missing or damaged; null when nothing is known to be.</summary>
    internal string? SuspectReason
    {
        get => _suspectReason;
        set => _suspectReason = value;
    }

    /// <summary>Told of reads that could not get what must be there, whoever read. Set before there are readers.</summary>
    internal Action<Offset, StorageException>? OnUnreadable { get; set; }

    /// <summary>True while the folder carries a <see cref="DamageMark"/>. Appender.</summary>
    internal bool IsMarkedDamaged { get; set; }

    /// <summary>True once the log is closed: its segments are being let go.</summary>
    internal bool IsClosed
    {
        get => _isClosed;
        set => _isClosed = value;
    }

    /// <summary>Notes that a file was created: the folder is flushed before the durable end passes it.</summary>
    internal void NoteNewName() => Interlocked.Exchange(ref _namesAreUnsynced, 1);

    /// <summary>Makes names created so far durable.</summary>
    internal void SyncNames()
    {
        if (Interlocked.Exchange(ref _namesAreUnsynced, 0) != 0 && (Sabotage & Sabotage.NoFolderSync) == 0)
        {
            FileSystem.SyncDirectory(Directory);
        }
    }

    /// <summary>A read of batches from <paramref name="offset"/> on has failed. Any thread.</summary>
    internal void ReadFailed(Offset offset, StorageException failure)
    {
        if (failure.IsDamage)
        {
            OnUnreadable?.Invoke(offset, failure);
        }
    }

    /// <summary>Refuses any change of a log that failed or is closed.</summary>
    internal void ThrowIfStopped()
    {
        if (_failure is { } failure)
        {
            throw new StorageException(
                StorageErrorKind.Stopped, $"The log {Name} stopped after a failure and takes no more changes: {failure.Message}", failure);
        }

        if (_isClosed)
        {
            throw new StorageException(StorageErrorKind.Stopped, $"The log {Name} is closed.");
        }
    }

    /// <summary>Stops the log for good: what is on the disk is unknown from here on (R-12.6, P27).</summary>
    internal void Stop(StorageException failure) => Interlocked.CompareExchange(ref _failure, failure, null);
}
