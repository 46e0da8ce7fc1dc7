using System.Buffers;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Storage;

/// <summary>One partition's log: a folder of segments in Kafka's layout, its indexes, epochs and checkpoints.</summary>
/// <remarks>
/// Threads: one appender at a time (append, truncate, assign epoch, update options); any number of readers beside it;
/// one flusher beside both (<see cref="Flush"/>); retention and log start from any thread. A failed write or flush stops
/// the log for good (R-12.6, P27): every later change throws <see cref="StorageException"/>.
/// </remarks>
public sealed class PartitionLog
{
    private PartitionLog()
    {
    }

    /// <summary>Topic name, as in the folder's name.</summary>
    public string Topic => throw new NotSupportedException();

    /// <summary>Partition number, as in the folder's name.</summary>
    public int Partition => throw new NotSupportedException();

    /// <summary>The topic incarnation that this folder belongs to .</summary>
    public TopicId TopicId => throw new NotSupportedException();

    /// <summary>First readable offset.</summary>
    public Offset LogStartOffset => throw new NotSupportedException();

    /// <summary>Offset that the next record gets (exclusive end).</summary>
    public Offset LogEndOffset => throw new NotSupportedException();

    /// <summary>All bytes of offsets below it were flushed .</summary>
    public Offset DurableEnd => throw new NotSupportedException();

    /// <summary><see cref="DurableEnd"/> in mode commit, <see cref="LogEndOffset"/> in mode os (section 1 of the replication rules).</summary>
    public Offset EffectiveEnd => throw new NotSupportedException();

    /// <summary>Epoch of the last batch in the log, -1 when there is none .</summary>
    public LeaderEpoch LastEpoch => throw new NotSupportedException();

    /// <summary>The high watermark to checkpoint as a hint; after opening the clamped hint of the last run .</summary>
    public Offset HighWatermark
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Log bytes in all segments.</summary>
    public long SizeInBytes => throw new NotSupportedException();

    /// <summary>True when somebody should call <see cref="Flush"/>: unflushed bytes in mode commit; a closed segment or many bytes in mode os.</summary>
    public bool IsFlushDue => throw new NotSupportedException();

    /// <summary>Settings in force.</summary>
    public LogOptions Options => throw new NotSupportedException();

    /// <summary>What opening found.</summary>
    public LogRecoveryReport Recovery => throw new NotSupportedException();

    /// <summary>The failure that stopped this log; null while it works.</summary>
    public StorageException? Failure => throw new NotSupportedException();

    /// <summary>Takes new settings for the next append and retention run. Appender only.</summary>
    public void UpdateOptions(LogOptions options) => throw new NotSupportedException();

    /// <summary>Appends one validated batch as the leader: base offset := log end, epoch := <paramref name="leaderEpoch"/> (R-4.3). Appender only.</summary>
    /// <param name="header">What the first 61 bytes shall say; base offset and leader epoch are set here.</param>
    /// <param name="batch">The whole batch as produced, header included; only its bytes behind the header are read, during the call.</param>
    /// <param name="leaderEpoch">This leader's epoch, not below that of the last batch.</param>
    /// <param name="nowMs">Wall time, milliseconds since 1970.</param>
    /// <returns>The base offset given to the batch.</returns>
    /// <remarks>One vectored write; nothing allocated. Readable when it returns, durable after <see cref="Flush"/>.</remarks>
    public Offset Append(in RecordBatchHeader header, in ReadOnlySequence<byte> batch, LeaderEpoch leaderEpoch, long nowMs) =>
        throw new NotSupportedException();

    /// <summary>Appends what a replica fetched, offsets and epochs as sent. Appender only.</summary>
    /// <param name="batches">Whole batches in order; an incomplete one at the end is ignored.</param>
    /// <param name="fetchEpoch">Leader epoch of the fetch: no batch may carry a later one.</param>
    /// <param name="nowMs">Wall time, milliseconds since 1970.</param>
    public ReplicaAppendResult AppendReplicated(in ReadOnlySequence<byte> batches, LeaderEpoch fetchEpoch, long nowMs) =>
        throw new NotSupportedException();

    /// <summary>Notes that this leader's reign begins at the log end, durably. Appender only.</summary>
    public void AssignLeaderEpoch(LeaderEpoch epoch) => throw new NotSupportedException();

    /// <summary>Pins whole batches from the one that holds <paramref name="from"/> on; never waits, copies nothing, allocates nothing.</summary>
    /// <param name="from">First offset wanted, in [log start, log end].</param>
    /// <param name="maxBytes">Most bytes to return.</param>
    /// <param name="bound">Exclusive end: a batch that reaches past it is not returned .</param>
    /// <param name="atLeastOneBatch">Returns the first batch even when it is larger than <paramref name="maxBytes"/>.</param>
    /// <returns>Bytes of one segment only: read again from <c>NextOffset</c> for more. Dispose of it.</returns>
    public LogSlice Read(Offset from, int maxBytes, Offset bound, bool atLeastOneBatch = true) =>
        throw new NotSupportedException();

    /// <summary>Group commit: makes everything appended before the call durable. Any thread, one at a time.</summary>
    /// <returns>The new <see cref="DurableEnd"/>.</returns>
    public Offset Flush() => throw new NotSupportedException();

    /// <summary>Where an epoch ends in this log (C-4.4).</summary>
    public EpochEndOffset EndOffsetForEpoch(LeaderEpoch epoch) => throw new NotSupportedException();

    /// <summary>The first record below <paramref name="bound"/> whose timestamp is at least <paramref name="timestampMs"/> (R-11.4); null when there is none.</summary>
    public TimestampOffset? FindByTimestamp(long timestampMs, Offset bound) => throw new NotSupportedException();

    /// <summary>The first record with the largest timestamp below <paramref name="bound"/> (R-11.4); null when there is none.</summary>
    public TimestampOffset? FindMaxTimestamp(Offset bound) => throw new NotSupportedException();

    /// <summary>Cuts the log to <paramref name="target"/> (exclusive end), durably. Appender only.</summary>
    /// <returns>The log end: the base of the batch that holds the target when it lies inside one.</returns>
    public Offset TruncateTo(Offset target) => throw new NotSupportedException();

    /// <summary>Deletes everything and starts anew at <paramref name="start"/>, durably. Appender only.</summary>
    public void TruncateFullyAt(Offset start) => throw new NotSupportedException();

    /// <summary>Makes <paramref name="start"/> the first readable offset, durably, and deletes segments wholly below it. Never goes back.</summary>
    public void AdvanceLogStart(Offset start) => throw new NotSupportedException();

    /// <summary>Deletes closed segments by time and size; call it on the leader only.</summary>
    /// <param name="nowMs">Wall time that a clock jump cannot move far (<see cref="RetentionClock"/>, R-15.4).</param>
    /// <param name="bound">The high watermark or last stable offset: nothing at or above it goes.</param>
    public RetentionResult ApplyRetention(long nowMs, Offset bound) => throw new NotSupportedException();
}
