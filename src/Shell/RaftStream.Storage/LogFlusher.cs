using RaftStream.Model;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>Makes appended bytes durable, and says up to where recovery may skip. Any thread; one at a time by the flush lock.</summary>
internal sealed class LogFlusher(LogState state)
{
    /// <summary>Group commit: one fdatasync per file covers every append before it.</summary>
    internal Offset Flush()
    {
        lock (state.FlushLock)
        {
            state.ThrowIfStopped();
            long appendedBytes = state.AppendedBytes;
            Offset end = state.LogEnd;
            if (end > state.DurableEnd)
            {
                try
                {
                    FlushUpTo(end);
                }
                catch (StorageException exception)
                {
                    StopUnlessSabotaged(exception);
                    throw;
                }

                state.DurableEnd = end;
            }

            state.FlushedBytes = appendedBytes;
            return state.DurableEnd;
        }
    }

    /// <summary>Advances the recovery point as far as data, indexes and epochs are durable, and notes it for the checkpoint.</summary>
    internal void PrepareCheckpoint()
    {
        lock (state.FlushLock)
        {
            if (state.Failure is not null || state.IsClosed)
            {
                return;
            }

            StopOnFailure(() => AdvanceRecoveryPoint(stepBytes: Math.Max(1, state.Options.CheckpointBytes)));
            NoteCheckpoint();
        }
    }

    /// <summary>For a clean stop: everything durable, the recovery point at the log's end.</summary>
    internal void FlushEverything()
    {
        Flush();
        lock (state.FlushLock)
        {
            StopOnFailure(() =>
            {
                state.Segments.Active.Close();
                AdvanceRecoveryPoint(stepBytes: 0);
                state.Producers.WriteEnd(state.LogEnd);
            });
            Invariant.Check(state.RecoveryPoint == state.LogEnd);
            NoteCheckpoint();
        }
    }

    private void FlushUpTo(Offset end)
    {
        Offset from = state.DurableEnd;
        if ((state.Sabotage & Sabotage.DurableBeforeFlush) != 0)
        {
            state.DurableEnd = end;
        }

        // Cleared before the files are looked at: a roll that comes later asks for another flush.
        state.RolledSinceFlush = false;
        SegmentList segments = state.Segments;
        for (int i = Math.Max(0, segments.Find(from)); i < segments.Count && segments[i].BaseOffset < end; i++)
        {
            LogSegment segment = segments[i];
            if (!segment.TryAcquire())
            {
                continue; // Deleted by retention meanwhile: nothing is left to be durable.
            }

            try
            {
                if ((state.Sabotage & Sabotage.NoFlush) == 0)
                {
                    segment.File.Flush();
                }
            }
            finally
            {
                segment.Release();
            }
        }

        state.SyncNames();
    }

    private void AdvanceRecoveryPoint(long stepBytes)
    {
        Offset target = (state.Sabotage & Sabotage.EagerRecoveryPoint) != 0 ? state.LogEnd : state.DurableEnd;
        SegmentList segments = state.Segments;
        // What retention deleted need not be durable any more.
        Offset reached = Offset.Max(state.RecoveryPoint, Offset.Min(segments[0].BaseOffset, target));
        for (int i = FirstUnsealed(segments, reached); i < segments.Count && segments[i].BaseOffset < target; i++)
        {
            LogSegment segment = segments[i];
            if (!segment.TryAcquire())
            {
                continue;
            }

            try
            {
                bool isClosed = i + 1 < segments.Count;
                if (isClosed && segments[i + 1].BaseOffset <= target)
                {
                    SealClosed(segment, segments[i + 1].BaseOffset);
                    reached = segments[i + 1].BaseOffset;
                }
                else if (stepBytes == 0 || IsFar(segment, reached, stepBytes))
                {
                    segment.PersistIndexes();
                    state.NoteNewName();
                    reached = target;
                }
            }
            finally
            {
                segment.Release();
            }
        }

        if (reached > state.RecoveryPoint || stepBytes == 0)
        {
            state.Epochs.Persist(state.FileSystem, state.Directory);
            state.SyncNames();
            state.RecoveryPoint = Offset.Max(state.RecoveryPoint, reached);
        }
    }

    /// <summary>
    /// Where to go on: also a segment that ends at the recovery point, when it was closed after the point was set. Its
    /// time index got its last entry then.
    /// </summary>
    private static int FirstUnsealed(SegmentList segments, Offset recoveryPoint)
    {
        int index = Math.Max(0, segments.Find(recoveryPoint));
        while (index > 0 && !segments[index - 1].IsSealed)
        {
            index--;
        }

        return index;
    }

    /// <summary>A closed segment's indexes and the producers' state behind it become durable, once.</summary>
    private void SealClosed(LogSegment segment, Offset nextBase)
    {
        if (segment.IsSealed)
        {
            return;
        }

        segment.Seal();
        state.NoteNewName(); // The index files.
        state.Producers.WriteAt(nextBase);
    }

    /// <summary>True when recovery would have to read at least so many bytes of the segment.</summary>
    private static bool IsFar(LogSegment segment, Offset reached, long stepBytes)
    {
        Offset from = Offset.Max(reached, segment.BaseOffset);
        BatchPlace floor = segment.Offsets.FloorByOffset(from.Value - segment.BaseOffset.Value);
        return segment.End.Position - floor.Position >= stepBytes;
    }

    private void NoteCheckpoint()
    {
        // Only what this replica would still have after a crash is worth a promise; and with flush=os the watermark is a hint still.
        Offset highWatermark = state.HighWatermark;
        state.Checkpoints.Set(state.Name, state.RecoveryPoint, highWatermark, Offset.Min(highWatermark, state.DurableEnd));
    }

    private void StopOnFailure(Action action)
    {
        try
        {
            action();
        }
        catch (StorageException exception)
        {
            StopUnlessSabotaged(exception);
            throw;
        }
    }

    private void StopUnlessSabotaged(StorageException exception)
    {
        if ((state.Sabotage & Sabotage.RetryFlush) == 0)
        {
            state.Stop(exception);
        }
    }
}
