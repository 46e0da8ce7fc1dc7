using System.Buffers;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>Adds batches at the end of a log and begins new segments. Appender thread only.</summary>
internal sealed class LogAppender(LogState state)
{
    /// <summary>The leader's append .</summary>
    internal Offset Append(in RecordBatchHeader header, in ReadOnlySequence<byte> batch, LeaderEpoch leaderEpoch, long nowMs)
    {
        state.ThrowIfStopped();
        Invariant.Check(batch.Length == header.SizeInBytes);
        Invariant.Check(header.LastOffsetDelta >= 0);
        Invariant.Check(leaderEpoch >= state.Epochs.Latest);

        Offset baseOffset = state.LogEnd;
        RecordBatchHeader placed = header with { BaseOffset = baseOffset, PartitionLeaderEpoch = leaderEpoch };
        Span<byte> head = stackalloc byte[RecordBatchHeader.Size];
        placed.Write(head);
        try
        {
            LogSegment segment = SegmentFor(placed, nowMs);
            state.Epochs.Assign(leaderEpoch, baseOffset);
            segment.Append(head, batch.Slice(RecordBatchHeader.Size), placed, state.Options.IndexIntervalBytes, nowMs);
            state.Producers.Table.Take(placed, nowMs);
        }
        catch (StorageException exception)
        {
            state.Stop(exception);
            throw;
        }

        Publish(placed.NextOffset, leaderEpoch, placed.SizeInBytes);
        return baseOffset;
    }

    /// <summary>A replica's append of fetched batches: as many as continue the log, one write per segment.</summary>
    internal ReplicaAppendResult AppendReplicated(in ReadOnlySequence<byte> batches, LeaderEpoch fetchEpoch, long nowMs)
    {
        state.ThrowIfStopped();
        ReadOnlySequence<byte> rest = batches;
        var total = new ReplicaAppendResult(0, 0, ReplicaAppendStop.None);
        while (total.Stop == ReplicaAppendStop.None)
        {
            ReplicaRun run = FindRun(rest, fetchEpoch, nowMs);
            if (run.Batches > 0)
            {
                AppendRun(rest.Slice(0, run.Bytes), run, nowMs);
                rest = rest.Slice(run.Bytes);
            }

            total = new ReplicaAppendResult(total.Batches + run.Batches, total.Bytes + run.Bytes, run.Stop);
            if (run.Batches == 0)
            {
                break;
            }
        }

        return total;
    }

    /// <summary>Begins a segment when the active one is not empty .</summary>
    internal void Roll(Offset baseOffset)
    {
        LogSegment active = state.Segments.Active;
        if (active.End.Position == 0)
        {
            return;
        }

        active.Close();
        if (state.Options.Preallocate)
        {
            active.File.SetLength(active.End.Position); // Gives back what was asked for and not used.
        }

        state.Producers.Note(baseOffset);
        if (state.LogStart >= baseOffset)
        {
            state.Producers.WriteAt(baseOffset); // As soon as the new segment is there, a recovery deletes the old one.
        }

        LogSegment next = SegmentFactory.Create(state.FileSystem, state.Directory, baseOffset, state.Options);
        state.NoteNewName();
        lock (state.StructureLock)
        {
            state.Segments = state.Segments.With(next);
        }

        // The old segment is flushed by the flusher, before the durable end passes it: the appender does not wait for
        // up to 64 MiB of write-back. Recovery rewrites whatever lies behind the recovery point anyway.
        state.RolledSinceFlush = true;
    }

    /// <summary>True when wall time says that the active segment should end, so that an idle log can expire.</summary>
    internal bool IsRollDue(long nowMs)
    {
        LogSegment active = state.Segments.Active;
        if (active.End.Position == 0)
        {
            return false;
        }

        LogOptions options = state.Options;
        long ageMs = nowMs - active.LastAppendMs;
        bool expired = options.RetentionMs >= 0 && ageMs > options.RetentionMs;
        return expired || ageMs > options.SegmentMs - options.SegmentJitterMs;
    }

    private LogSegment SegmentFor(in RecordBatchHeader header, long nowMs)
    {
        LogSegment active = state.Segments.Active;
        if (MustRoll(active, active.End, header, nowMs))
        {
            Roll(header.BaseOffset);
        }

        return state.Segments.Active;
    }

    private bool MustRoll(LogSegment active, SegmentEnd end, in RecordBatchHeader header, long nowMs)
    {
        if (end.Position == 0)
        {
            return false;
        }

        LogOptions options = state.Options;
        return end.Position + header.SizeInBytes > options.SegmentBytes
            || header.LastOffset.Value - active.BaseOffset.Value > LogSegment.MaxRelativeOffset
            || IsOld(active, header, options, nowMs)
            || (active.Offsets.Count + 1) * OffsetIndex.EntryBytes > options.IndexMaxBytes;
    }

    /// <summary>Age by record time; by append time when the records have none.</summary>
    private static bool IsOld(LogSegment active, in RecordBatchHeader header, LogOptions options, long nowMs)
    {
        long limitMs = options.SegmentMs - options.SegmentJitterMs;
        long ageMs = header.MaxTimestamp >= 0 && active.FirstTimestampMs >= 0
            ? header.MaxTimestamp - active.FirstTimestampMs
            : nowMs - active.LastAppendMs;
        return ageMs > limitMs;
    }

    private void Publish(Offset end, LeaderEpoch epoch, long bytes)
    {
        state.LastEpoch = epoch;
        state.AppendedBytes += bytes;
        state.Reserve.Take(bytes);
        state.LogEnd = end;
    }

    /// <summary>Checks batches from the front until one is refused or belongs into the next segment; rolls for the first.</summary>
    private ReplicaRun FindRun(in ReadOnlySequence<byte> batches, LeaderEpoch fetchEpoch, long nowMs)
    {
        Offset next = state.LogEnd;
        LeaderEpoch epoch = state.Epochs.Latest;
        LogSegment segment = state.Segments.Active;
        SegmentEnd end = segment.End;
        int count = 0;
        long bytes = 0;
        while (RecordBatchHeader.TryRead(batches.Slice(bytes), out RecordBatchHeader header))
        {
            ReplicaAppendStop stop = Check(batches.Slice(bytes), header, next, epoch, fetchEpoch);
            if (stop != ReplicaAppendStop.None || header.SizeInBytes > batches.Length - bytes)
            {
                return new ReplicaRun(count, (int)bytes, next, epoch, stop);
            }

            if (MustRoll(segment, end, header, nowMs))
            {
                if (count > 0)
                {
                    break;
                }

                RollOrStop(header.BaseOffset);
                segment = state.Segments.Active;
                end = segment.End;
            }

            count++;
            bytes += header.SizeInBytes;
            next = header.NextOffset;
            epoch = header.PartitionLeaderEpoch;
            end = new SegmentEnd(next.Value - segment.BaseOffset.Value, end.Position + header.SizeInBytes);
        }

        return new ReplicaRun(count, (int)bytes, next, epoch, ReplicaAppendStop.None);
    }

    private ReplicaAppendStop Check(
        in ReadOnlySequence<byte> batch, in RecordBatchHeader header, Offset next, LeaderEpoch epoch, LeaderEpoch fetchEpoch)
    {
        if (!header.CheckSanity(int.MaxValue).IsValid || header.LastOffsetDelta < 0 || header.RecordCount < 0)
        {
            return ReplicaAppendStop.CorruptBatch;
        }

        if (header.SizeInBytes > batch.Length)
        {
            return ReplicaAppendStop.None;
        }

        bool continues = header.BaseOffset == next || (state.Options.AllowOffsetGaps && header.BaseOffset > next);
        if (!continues)
        {
            return ReplicaAppendStop.WrongOffset;
        }

        if (header.PartitionLeaderEpoch > fetchEpoch || header.PartitionLeaderEpoch < epoch)
        {
            return ReplicaAppendStop.WrongEpoch;
        }

        return state.Options.VerifyReplicatedCrc && !RecordBatchIntegrity.IsChecksumRight(header, batch)
            ? ReplicaAppendStop.CorruptBatch
            : ReplicaAppendStop.None;
    }

    /// <summary>Begins a segment; a failure stops the log.</summary>
    internal void RollOrStop(Offset baseOffset)
    {
        try
        {
            Roll(baseOffset);
        }
        catch (StorageException exception)
        {
            state.Stop(exception);
            throw;
        }
    }

    private void AppendRun(in ReadOnlySequence<byte> bytes, in ReplicaRun run, long nowMs)
    {
        try
        {
            NoteEpochs(bytes);
            state.Segments.Active.AppendRun(bytes, state.Options.IndexIntervalBytes, nowMs);
            NoteProducers(bytes, nowMs);
        }
        catch (StorageException exception)
        {
            state.Stop(exception);
            throw;
        }

        Publish(run.EndOffset, run.LastEpoch, run.Bytes);
    }

    private void NoteEpochs(in ReadOnlySequence<byte> batches)
    {
        long at = 0;
        while (RecordBatchHeader.TryRead(batches.Slice(at), out RecordBatchHeader header))
        {
            state.Epochs.Assign(header.PartitionLeaderEpoch, header.BaseOffset);
            at += header.SizeInBytes;
        }
    }

    private void NoteProducers(in ReadOnlySequence<byte> batches, long nowMs)
    {
        long at = 0;
        while ((state.Sabotage & Sabotage.FollowersForgetProducers) == 0 && RecordBatchHeader.TryRead(batches.Slice(at), out RecordBatchHeader header))
        {
            state.Producers.Table.Take(header, nowMs);
            at += header.SizeInBytes;
        }
    }

    /// <summary>Batches that go into one segment with one write.</summary>
    private readonly record struct ReplicaRun(
        int Batches, int Bytes, Offset EndOffset, LeaderEpoch LastEpoch, ReplicaAppendStop Stop);
}
