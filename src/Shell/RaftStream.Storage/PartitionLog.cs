using System.Buffers;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Records.Producers;
using RaftStream.Storage.Checkpoints;
using RaftStream.Storage.Recovery;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>One partition's log: a folder of segments in Kafka's layout, its indexes, epochs and checkpoints.</summary>
/// <remarks>
/// Threads: one appender at a time (append, truncate, assign epoch, update options); any number of readers beside it;
/// one flusher beside both (<see cref="Flush"/>); retention and log start from any thread. A failed write or flush stops
/// the log for good (R-12.6, P27): every later change throws <see cref="StorageException"/>.
/// </remarks>
public sealed class PartitionLog
{
    private readonly LogState _state;
    private readonly LogAppender _appender;
    private readonly LogReader _reader;
    private readonly LogFlusher _flusher;
    private readonly LogTruncation _truncation;
    private readonly LogRetention _retention;
    private readonly TimestampSearch _timestamps;

    internal PartitionLog(LogState state, string topic, int partition, LogRecoveryReport recovery)
    {
        _state = state;
        _appender = new LogAppender(state);
        _reader = new LogReader(state);
        _flusher = new LogFlusher(state);
        _truncation = new LogTruncation(state);
        _retention = new LogRetention(state);
        _timestamps = new TimestampSearch(state);
        Topic = topic;
        Partition = partition;
        Recovery = recovery;
    }

    /// <summary>Topic name, as in the folder's name.</summary>
    public string Topic { get; }

    /// <summary>Partition number, as in the folder's name.</summary>
    public int Partition { get; }

    /// <summary>The topic incarnation that this folder belongs to .</summary>
    public TopicId TopicId => _state.TopicId;

    /// <summary>First readable offset.</summary>
    public Offset LogStartOffset => _state.LogStart;

    /// <summary>Offset that the next record gets (exclusive end).</summary>
    public Offset LogEndOffset => _state.LogEnd;

    /// <summary>All bytes of offsets below it were flushed .</summary>
    public Offset DurableEnd => _state.DurableEnd;

    /// <summary><see cref="DurableEnd"/> in mode commit, <see cref="LogEndOffset"/> in mode os (section 1 of the replication rules).</summary>
    public Offset EffectiveEnd => _state.Options.Flush == FlushMode.Commit ? _state.DurableEnd : _state.LogEnd;

    /// <summary>Epoch of the last batch in the log, -1 when there is none .</summary>
    public LeaderEpoch LastEpoch => _state.LastEpoch;

    /// <summary>The high watermark to checkpoint as a hint; after opening the clamped hint of the last run .</summary>
    public Offset HighWatermark
    {
        get => _state.HighWatermark;
        set => _state.HighWatermark = value;
    }

    /// <summary>Log bytes in all segments.</summary>
    public long SizeInBytes
    {
        get
        {
            long bytes = 0;
            foreach (LogSegment segment in _state.Segments.All)
            {
                bytes += segment.SizeInBytes;
            }

            return bytes;
        }
    }

    /// <summary>Segments, the active one included.</summary>
    public int SegmentCount => _state.Segments.All.Length;

    /// <summary>True when somebody should call <see cref="Flush"/>: unflushed bytes in mode commit; a closed segment or many bytes in mode os.</summary>
    public bool IsFlushDue => _state.Options.Flush == FlushMode.Commit
        ? _state.DurableEnd < _state.LogEnd
        : _state.RolledSinceFlush || _state.AppendedBytes - _state.FlushedBytes >= _state.Options.FlushBytes;

    /// <summary>Settings in force.</summary>
    public LogOptions Options => _state.Options;

    /// <summary>What opening found.</summary>
    public LogRecoveryReport Recovery { get; }

    /// <summary>The failure that stopped this log; null while it works.</summary>
    public StorageException? Failure => _state.Failure;

    /// <summary>Why durable records are missing or damaged, found at the start or by a read: report the partition; null when nothing is known to be.</summary>
    public string? SuspectReason => _state.SuspectReason;

    /// <summary>
    /// Told when bytes that were written cannot be read any more, or are not there: the offset from which somebody read, and why
    /// . On the reader's thread, also when it is a <see cref="LogSlice"/> that is sent later. Set it before there are readers.
    /// </summary>
    public Action<Offset, StorageException>? OnUnreadable
    {
        get => _state.OnUnreadable;
        set => _state.OnUnreadable = value;
    }

    /// <summary>
    /// True when a read has found damage: what is left is to be deleted and fetched anew from another replica
    /// (<see cref="TruncateFullyAt"/>), or its loss to be accepted (<see cref="AcceptDamage"/>). Appender only.
    /// </summary>
    public bool IsMarkedDamaged => _state.IsMarkedDamaged;

    /// <summary>Notes durably that records which were durable are gone or changed: every start reports it from now on. Appender only.</summary>
    public void MarkDamaged(string reason)
    {
        DamageMark.Write(_state.FileSystem, _state.Directory, reason);
        _state.IsMarkedDamaged = true;
    }

    /// <summary>No replica has what is missing, and somebody has decided to go on without. Appender only.</summary>
    public void AcceptDamage()
    {
        if (_state.IsMarkedDamaged)
        {
            DamageMark.Remove(_state.FileSystem, _state.Directory);
            _state.IsMarkedDamaged = false;
        }
    }

    /// <summary>The idempotent producers whose batches are in this log (G-3). Appender only.</summary>
    public ProducerTable Producers => _state.Producers.Table;

    /// <summary>Takes new settings for the next append and retention run. Appender only.</summary>
    public void UpdateOptions(LogOptions options) => _state.Options = options;

    /// <summary>Appends one validated batch as the leader: base offset := log end, epoch := <paramref name="leaderEpoch"/> (R-4.3). Appender only.</summary>
    /// <param name="header">What the first 61 bytes shall say; base offset and leader epoch are set here.</param>
    /// <param name="batch">The whole batch as produced, header included; only its bytes behind the header are read, during the call.</param>
    /// <param name="leaderEpoch">This leader's epoch, not below that of the last batch.</param>
    /// <param name="nowMs">Wall time, milliseconds since 1970.</param>
    /// <returns>The base offset given to the batch.</returns>
    /// <exception cref="StorageException">The write failed, or an earlier one did: the log is stopped.</exception>
    /// <remarks>One vectored write; nothing allocated. Readable when it returns, durable after <see cref="Flush"/>.</remarks>
    public Offset Append(in RecordBatchHeader header, in ReadOnlySequence<byte> batch, LeaderEpoch leaderEpoch, long nowMs) =>
        _appender.Append(header, batch, leaderEpoch, nowMs);

    /// <summary>Appends what a replica fetched, offsets and epochs as sent. Appender only.</summary>
    /// <param name="batches">Whole batches in order; an incomplete one at the end is ignored.</param>
    /// <param name="fetchEpoch">Leader epoch of the fetch: no batch may carry a later one.</param>
    /// <param name="nowMs">Wall time, milliseconds since 1970.</param>
    public ReplicaAppendResult AppendReplicated(in ReadOnlySequence<byte> batches, LeaderEpoch fetchEpoch, long nowMs) =>
        _appender.AppendReplicated(batches, fetchEpoch, nowMs);

    /// <summary>Closes the active segment when its age by append time asks for it, so that an idle log can expire. Appender only.</summary>
    /// <returns>True when a new segment began.</returns>
    public bool RollIfDue(long nowMs)
    {
        _state.ThrowIfStopped();
        if (!_appender.IsRollDue(nowMs))
        {
            return false;
        }

        _appender.RollOrStop(_state.LogEnd);
        return true;
    }

    /// <summary>Notes that this leader's reign begins at the log end, durably. Appender only.</summary>
    public void AssignLeaderEpoch(LeaderEpoch epoch)
    {
        _state.ThrowIfStopped();
        _state.Epochs.Assign(epoch, _state.LogEnd);
        try
        {
            _state.Epochs.Persist(_state.FileSystem, _state.Directory);
        }
        catch (StorageException exception)
        {
            _state.Stop(exception);
            throw;
        }
    }

    /// <summary>
    /// Drops the mark of a reign of this replica that got no batch, once it follows another leader (S-R12). That leader's log
    /// may go on at the same offset with batches of an earlier epoch, which would seem to go back. Appender only.
    /// </summary>
    public void ForgetEmptyReign()
    {
        if (_state.Epochs.Latest > _state.LastEpoch)
        {
            _truncation.TruncateTo(_state.LogEnd);
        }
    }

    /// <summary>Pins whole batches from the one that holds <paramref name="from"/> on; never waits, copies nothing, allocates nothing.</summary>
    /// <param name="from">First offset wanted, in [log start, log end].</param>
    /// <param name="maxBytes">Most bytes to return.</param>
    /// <param name="bound">Exclusive end: a batch that reaches past it is not returned .</param>
    /// <param name="atLeastOneBatch">Returns the first batch even when it is larger than <paramref name="maxBytes"/>.</param>
    /// <returns>Bytes of one segment only: read again from <see cref="LogSlice.NextOffset"/> for more. Dispose of it.</returns>
    public LogSlice Read(Offset from, int maxBytes, Offset bound, bool atLeastOneBatch = true) =>
        _reader.Read(from, maxBytes, bound, atLeastOneBatch);

    /// <summary>Group commit: makes everything appended before the call durable. Any thread, one at a time.</summary>
    /// <returns>The new <see cref="DurableEnd"/>.</returns>
    /// <exception cref="StorageException">The flush failed, or an earlier write or flush did: the log is stopped.</exception>
    public Offset Flush() => _flusher.Flush();

    /// <summary>Where an epoch ends in this log (C-4.4).</summary>
    public EpochEndOffset EndOffsetForEpoch(LeaderEpoch epoch) => _state.Epochs.EndOffsetFor(epoch, _state.LogEnd);

    /// <summary>The first record below <paramref name="bound"/> whose timestamp is at least <paramref name="timestampMs"/> (R-11.4); null when there is none.</summary>
    /// <remarks>Reads, and decompresses if need be, the batch that holds the record. Allocates.</remarks>
    public TimestampOffset? FindByTimestamp(long timestampMs, Offset bound) => _timestamps.FindFirst(timestampMs, bound);

    /// <summary>The first record with the largest timestamp below <paramref name="bound"/> (R-11.4); null when there is none.</summary>
    public TimestampOffset? FindMaxTimestamp(Offset bound) => _timestamps.FindLargest(bound);

    /// <summary>Cuts the log to <paramref name="target"/> (exclusive end), durably. Appender only.</summary>
    /// <returns>The log end: the base of the batch that holds the target when it lies inside one.</returns>
    public Offset TruncateTo(Offset target) => _truncation.TruncateTo(target);

    /// <summary>Deletes everything and starts anew at <paramref name="start"/>, durably. Appender only.</summary>
    public void TruncateFullyAt(Offset start)
    {
        _truncation.TruncateFullyAt(start);
        AcceptDamage();
        _state.SuspectReason = null; // Whatever was damaged is gone.
    }

    /// <summary>Makes <paramref name="start"/> the first readable offset, durably, and deletes segments wholly below it. Never goes back.</summary>
    /// <param name="start">At most the log end.</param>
    public void AdvanceLogStart(Offset start) => _retention.AdvanceLogStart(start);

    /// <summary>Deletes closed segments by time and size; call it on the leader only.</summary>
    /// <param name="nowMs">Wall time that a clock jump cannot move far (<see cref="RetentionClock"/>, R-15.4).</param>
    /// <param name="bound">The high watermark or last stable offset: nothing at or above it goes.</param>
    public RetentionResult ApplyRetention(long nowMs, Offset bound) => _retention.Apply(nowMs, bound);

    internal LogState State => _state;

    internal void PrepareCheckpoint() => _flusher.PrepareCheckpoint();

    internal void FlushEverything() => _flusher.FlushEverything();

    /// <summary>Lets the files go; readers keep theirs until they are done.</summary>
    internal void Close()
    {
        lock (_state.FlushLock)
        {
            lock (_state.StructureLock)
            {
                if (_state.IsClosed)
                {
                    return;
                }

                _state.IsClosed = true;
                foreach (LogSegment segment in _state.Segments.All)
                {
                    segment.Release();
                }
            }
        }
    }

    /// <summary>Makes the log of what recovery loaded.</summary>
    internal static PartitionLog FromLoaded(LogState state, string topic, int partition, LoadedLog loaded, LogOptions options)
    {
        state.Options = options;
        state.Segments = loaded.Segments;
        state.LogStart = loaded.LogStart;
        state.LogEnd = loaded.LogEnd;
        state.DurableEnd = loaded.LogEnd;
        state.LastEpoch = loaded.LastEpoch;
        string? mark = DamageMark.TryRead(state.FileSystem, state.Directory);
        LogRecoveryReport report = loaded.Report with { SuspectReason = mark ?? loaded.Report.SuspectReason };
        state.IsMarkedDamaged = mark is not null;
        state.SuspectReason = report.SuspectReason;
        state.Epochs.Persist(state.FileSystem, state.Directory);
        state.RecoveryPoint = loaded.LogEnd;

        // A hint from the last run, never a reason to cut.
        Offset hint = state.Checkpoints.Find(state.Name).HighWatermark ?? loaded.LogStart;
        state.HighWatermark = Offset.Max(loaded.LogStart, Offset.Min(hint, loaded.LogEnd));
        return new PartitionLog(state, topic, partition, report);
    }
}
