using System.Buffers;
using RaftStream.Records.Codecs;

namespace RaftStream.Records;

/// <summary>
/// What a leader checks on a produced batch before it appends it. Looks in place; changes nothing.
/// </summary>
/// <remarks>
/// Safe to call from several threads; allocates nothing, but for gzip's streams. Compressed records are walked while they
/// are decompressed, so that memory does not grow with their size. The base offset and leader epoch that a producer wrote
/// are ignored: the leader sets them.
/// </remarks>
public static class RecordBatchValidator
{
    /// <summary>
    /// Checks that there is exactly one whole, unchanged batch whose records follow the topic's rules.
    /// </summary>
    /// <param name="batch">
    /// What the producer sent for one partition; not copied unless compressed and in several pieces.
    /// </param>
    /// <param name="nowMs">The leader's wall clock, ms since 1970, for .</param>
    /// <param name="validated">Set when valid; else the header as far as it was read.</param>
    public static RecordCheck Validate(
        in ReadOnlySequence<byte> batch, RecordBatchRules rules, long nowMs, out ValidatedBatch validated)
    {
        RecordCheck check = CheckBatch(batch, rules, out RecordBatchHeader header);
        validated = new ValidatedBatch(header, header.MaxTimestamp);
        if (!check.IsValid)
        {
            return check;
        }

        var walk = new RecordWalk(header, rules, nowMs);
        check = WalkRecords(batch.Slice(RecordBatchHeader.Size), header.Codec, rules.MaxDecompressedBytes, ref walk);
        validated = new ValidatedBatch(header, walk.MaxTimestamp);
        return check;
    }

    /// <summary>Everything that can be said without looking at the records.</summary>
    private static RecordCheck CheckBatch(
        in ReadOnlySequence<byte> batch, RecordBatchRules rules, out RecordBatchHeader header)
    {
        // The limits come first, so that no checksum is computed over what is refused anyway.
        int limit = Math.Min(rules.MaxBatchBytes, rules.MaxSegmentBytes);
        if (!RecordBatchHeader.TryRead(batch, out header))
        {
            return new RecordCheck(RecordFault.Truncated);
        }

        RecordCheck check = header.CheckSanity(limit);
        if (check.Fault == RecordFault.BatchTooLarge && header.SizeInBytes <= rules.MaxBatchBytes)
        {
            return new RecordCheck(RecordFault.BatchLargerThanSegment);
        }

        if (check.IsValid && header.SizeInBytes < batch.Length)
        {
            return new RecordCheck(RecordFault.MoreThanOneBatch);
        }

        check = check.IsValid ? RecordBatchIntegrity.Check(batch, limit, out header) : check;
        return check.IsValid ? new RecordCheck(FindHeaderFault(header)) : check;
    }

    private static RecordFault FindHeaderFault(in RecordBatchHeader header)
    {
        if (header.IsControl)
        {
            return RecordFault.ControlNotAllowed;
        }

        if (header.HasDeleteHorizon)
        {
            return RecordFault.DeleteHorizonNotAllowed;
        }

        if (header.TimestampType != TimestampType.CreateTime)
        {
            return RecordFault.TimestampTypeNotAllowed;
        }

        if (header.RecordCount <= 0)
        {
            return RecordFault.NoRecords;
        }

        if (header.LastOffsetDelta != header.RecordCount - 1)
        {
            return RecordFault.RecordCountMismatch;
        }

        bool isProducerWrong = header.HasProducerId
            ? header.ProducerEpoch < 0 || header.BaseSequence < 0
            : header.IsTransactional;
        return isProducerWrong ? RecordFault.BadProducerFields : RecordFault.None;
    }

    private static RecordCheck WalkRecords(
        in ReadOnlySequence<byte> payload, CompressionCodec codec, int maxDecompressedBytes, ref RecordWalk walk)
    {
        if (codec == CompressionCodec.None)
        {
            return payload.IsSingleSegment ? walk.Run(payload.FirstSpan) : walk.Run(payload);
        }

        RecordCheck check = payload.IsSingleSegment
            ? CompressionCodecs.Decompress(codec, payload.FirstSpan, ref walk, maxDecompressedBytes)
            : DecompressPieces(codec, payload, ref walk, maxDecompressedBytes);
        return check.IsValid ? walk.Finish() : check;
    }

    private static RecordCheck DecompressPieces(
        CompressionCodec codec, in ReadOnlySequence<byte> payload, ref RecordWalk walk, int maxBytes)
    {
        // Decompressing costs many times what joining the pieces does.
        using var joined = new DecompressionMemory(checked((int)payload.Length));
        payload.CopyTo(joined.Span);
        return CompressionCodecs.Decompress(codec, joined.Span, ref walk, maxBytes);
    }
}
