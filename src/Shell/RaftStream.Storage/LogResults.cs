using RaftStream.Model;

namespace RaftStream.Storage;

/// <summary>One record found by time .</summary>
/// <param name="Offset">The record's offset.</param>
/// <param name="TimestampMs">Its timestamp, milliseconds since 1970.</param>
/// <param name="LeaderEpoch">Epoch of the batch that holds it.</param>
public readonly record struct TimestampOffset(Offset Offset, long TimestampMs, LeaderEpoch LeaderEpoch);

/// <summary>What retention removed .</summary>
/// <param name="Segments">Segments deleted.</param>
/// <param name="Bytes">Log bytes deleted.</param>
/// <param name="LogStartOffset">First offset kept.</param>
public readonly record struct RetentionResult(int Segments, long Bytes, Offset LogStartOffset);

/// <summary>Why a replica stopped appending the batches that it was sent .</summary>
public enum ReplicaAppendStop
{
    /// <summary>It did not stop: all whole batches were appended.</summary>
    None,

    /// <summary>Header, length, count or checksum is wrong: refetch.</summary>
    CorruptBatch,

    /// <summary>The batch carries an epoch above the fetch's, or below the log's last one.</summary>
    WrongEpoch,

    /// <summary>The batch does not continue the log.</summary>
    WrongOffset,
}

/// <summary>Outcome of appending fetched batches: whole batches from the front, then perhaps a reason to stop.</summary>
/// <param name="Batches">Batches appended.</param>
/// <param name="Bytes">Bytes appended.</param>
/// <param name="Stop">Why the next batch was refused.</param>
public readonly record struct ReplicaAppendResult(int Batches, int Bytes, ReplicaAppendStop Stop);

/// <summary>What opening one log found .</summary>
/// <param name="Clean">True after a clean stop: files were trusted.</param>
/// <param name="ScannedBytes">Log bytes read and checked.</param>
/// <param name="CutBytes">Bytes removed behind the last valid batch.</param>
/// <param name="RewrittenBytes">Bytes written anew because they may never have reached the disk .</param>
/// <param name="SuspectReason">Not null when offsets that were durable once are gone or damaged: report the partition .</param>
public sealed record LogRecoveryReport(
    bool Clean, long ScannedBytes, long CutBytes, long RewrittenBytes, string? SuspectReason);
