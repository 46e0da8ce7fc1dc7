using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Checkpoints;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>Cuts the end of a log, durably before it returns. Appender thread only.</summary>
internal sealed class LogTruncation(LogState state)
{
    /// <summary>Cuts to <paramref name="target"/>, or to the base of the batch around it .</summary>
    internal Offset TruncateTo(Offset target)
    {
        lock (state.FlushLock)
        {
            state.ThrowIfStopped();
            try
            {
                Offset end = BatchBorder(Offset.Max(target, state.LogStart));
                if (end < state.LogStart)
                {
                    // The batch around the log start goes: what is left is empty and begins at the log start.
                    Reset(state.LogStart);
                    return state.LogEnd;
                }

                if (end < state.LogEnd)
                {
                    Cut(end);
                }

                // Also when nothing was cut: a reign that got no batch must not answer for offsets to come (P45).
                state.Epochs.TruncateFromEnd(end);
                state.Epochs.Persist(state.FileSystem, state.Directory);
                return state.LogEnd;
            }
            catch (StorageException exception)
            {
                state.Stop(exception);
                throw;
            }
        }
    }

    /// <summary>Deletes everything; the log is empty and begins at <paramref name="start"/> (R-13.2).</summary>
    internal void TruncateFullyAt(Offset start)
    {
        lock (state.FlushLock)
        {
            state.ThrowIfStopped();
            try
            {
                Reset(start);
            }
            catch (StorageException exception)
            {
                state.Stop(exception);
                throw;
            }
        }
    }

    private Offset BatchBorder(Offset target)
    {
        if (target >= state.LogEnd)
        {
            return state.LogEnd;
        }

        SegmentList segments = state.Segments;
        for (int i = Math.Max(0, segments.Find(target)); i < segments.Count; i++)
        {
            LogSegment segment = segments[i];
            switch (SegmentReader.Locate(segment, segment.End, target, out _, out RecordBatchHeader header))
            {
                case Located.Found:
                    return Offset.Min(header.BaseOffset, target);
                case Located.Damaged:
                    throw new StorageException(
                        StorageErrorKind.Corrupt, $"{segment.LogPath} is damaged: no batch was found that holds offset {target}.");
                default:
                    continue;
            }
        }

        return state.LogEnd;
    }

    private void Cut(Offset end)
    {
        LowerPromises(end);
        lock (state.StructureLock)
        {
            SegmentList segments = state.Segments;
            int keep = KeptSegments(segments, end);
            LogSegment last = segments[keep - 1];
            long position = PositionOf(last, end);
            state.Segments = segments.Take(keep);
            DeleteFrom(segments, keep);
            Release(segments, keep);
            CutSegment(last, end, position);
        }

        ProducerSnapshots.DeleteAbove(state.FileSystem, state.Directory, end);
        state.LastEpoch = EpochBefore(end);
        Sync(() => state.FileSystem.SyncDirectory(state.Directory));
        RebuildProducers(end);
    }

    /// <summary>First of all, what a crash in the middle would be judged by: no promise reaches past the new end.</summary>
    private void LowerPromises(Offset end)
    {
        if ((state.Sabotage & Sabotage.KeepRecoveryPoint) == 0)
        {
            state.Checkpoints.LowerTo(state.Name, end);
        }

        state.RecoveryPoint = Offset.Min(state.RecoveryPoint, end);
        state.LogEnd = end;
        state.DurableEnd = Offset.Min(state.DurableEnd, end);
    }

    /// <summary>Segments that stay: those that begin below the end, and in any case the first.</summary>
    private static int KeptSegments(SegmentList segments, Offset end)
    {
        int keep = segments.Count;
        while (keep > 1 && segments[keep - 1].BaseOffset >= end)
        {
            keep--;
        }

        return keep;
    }

    private static long PositionOf(LogSegment segment, Offset end)
    {
        SegmentEnd now = segment.End;
        if (end.Value - segment.BaseOffset.Value >= now.RelativeOffset)
        {
            return now.Position;
        }

        Located located = SegmentReader.Locate(segment, now, end, out long position, out _);
        return located == Located.Found
            ? position
            : throw new StorageException(StorageErrorKind.Corrupt, $"{segment.LogPath} is damaged: offset {end} was not found.");
    }

    /// <summary>From high to low, so that whatever a crash leaves is the front of the log.</summary>
    private void DeleteFrom(SegmentList segments, int from)
    {
        for (int i = segments.Count - 1; i >= from; i--)
        {
            SegmentFactory.SetAside(state.FileSystem, state.Directory, segments[i].BaseOffset);
        }

        if (from < segments.Count)
        {
            Sync(() => state.FileSystem.SyncDirectory(state.Directory));
        }

        for (int i = segments.Count - 1; i >= from; i--)
        {
            SegmentFactory.DeleteSetAside(state.FileSystem, state.Directory, segments[i].BaseOffset);
        }
    }

    /// <summary>Lets go of segments that the list no longer holds; before that, closing the log would do it a second time.</summary>
    private static void Release(SegmentList segments, int from)
    {
        for (int i = segments.Count - 1; i >= from; i--)
        {
            segments[i].Release();
        }
    }

    private void CutSegment(LogSegment segment, Offset end, long position)
    {
        long relativeEnd = Math.Max(0, end.Value - segment.BaseOffset.Value);
        var newEnd = new SegmentEnd(relativeEnd, position);
        segment.BeginTruncation(position);
        segment.Publish(newEnd);
        segment.File.SetLength(position);
        Sync(segment.File.Flush);
        SegmentResume.Resume(segment, newEnd, state.Options.IndexIntervalBytes);
        Sync(segment.PersistIndexes);
    }

    private LeaderEpoch EpochBefore(Offset end)
    {
        SegmentList segments = state.Segments;
        for (int i = segments.Count - 1; i >= 0; i--)
        {
            if (SegmentResume.TryReadLast(segments[i], out RecordBatchHeader last))
            {
                Invariant.Check(last.NextOffset <= end);
                return last.PartitionLeaderEpoch;
            }
        }

        return LeaderEpoch.Unknown;
    }

    /// <summary>R-13.3: a producer whose batches are gone may send them again.</summary>
    private void RebuildProducers(Offset end)
    {
        if (state.Producers.Table.Count > 0 && (state.Sabotage & Sabotage.KeepCutProducers) == 0)
        {
            state.Producers.Rebuild(state.Segments, end);
            state.Producers.WriteEnd(end);
        }
    }

    private void Reset(Offset start)
    {
        if (start < state.LogStart)
        {
            // Segments below the log start were deleted without a flush: they must not come back where the log may begin again (S-S4).
            Sync(() => state.FileSystem.SyncDirectory(state.Directory));
        }

        // The producers before all: a log that is found empty at its start may as well have lost what was not flushed, and then
        // what is known of them counts. What of the old log may be found again says itself who wrote it.
        state.Producers.BeginReset();

        // Then the log start: if the deletion below is only half done at a crash, recovery finds a log that ends
        // below its start and completes it. The recovery point stays a batch border of what is still there.
        // In a damaged log no batch may be found; its first byte is a border too. Where the new start lies in front of all
        // that, nothing is promised beyond it: the next recovery would take batches for flushed that are yet to come.
        Offset border = state.IsMarkedDamaged ? state.Segments[0].BaseOffset : BatchBorder(start);
        state.Checkpoints.LowerTo(state.Name, Offset.Min(border, start));
        state.Checkpoints.SetLogStart(state.Name, start);
        state.RecoveryPoint = start;
        lock (state.StructureLock)
        {
            SegmentList segments = state.Segments;
            state.LogEnd = start;
            state.DurableEnd = start;
            state.LogStart = start;
            DeleteFrom(segments, 0);
            LogSegment first = SegmentFactory.Create(state.FileSystem, state.Directory, start, state.Options);
            state.Segments = new SegmentList([first]);
            Release(segments, 0);
        }

        state.Producers.Clear();
        Sync(() => state.FileSystem.SyncDirectory(state.Directory));
        state.Epochs.Clear();
        state.Epochs.Persist(state.FileSystem, state.Directory);
        state.LastEpoch = LeaderEpoch.Unknown;
        state.HighWatermark = start;
    }

    private void Sync(Action flush)
    {
        if ((state.Sabotage & Sabotage.NoTruncationSync) == 0)
        {
            flush();
        }
    }
}
