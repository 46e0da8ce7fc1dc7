using RaftStream.Model;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>Moves the front of a log: delete-records, retention by time and size. Any thread.</summary>
internal sealed class LogRetention(LogState state)
{
    /// <summary>Makes <paramref name="start"/> the log start, durably, then deletes segments wholly below it.</summary>
    internal void AdvanceLogStart(Offset start)
    {
        // The flush lock: a segment that is being sealed must not lose its names meanwhile, its index would come back.
        lock (state.FlushLock)
        {
            state.ThrowIfStopped();
            try
            {
                lock (state.StructureLock)
                {
                    Advance(start);
                }
            }
            catch (StorageException exception)
            {
                state.Stop(exception);
                throw;
            }
        }
    }

    /// <summary>Deletes the oldest closed segments by age, then by size .</summary>
    internal RetentionResult Apply(long nowMs, Offset bound)
    {
        // From the look at the segments on: a truncation in between could take away those that the log was to begin with.
        lock (state.FlushLock)
        {
            return ApplyLocked(nowMs, bound);
        }
    }

    private RetentionResult ApplyLocked(long nowMs, Offset bound)
    {
        SegmentList segments = state.Segments;
        int expired = CountExpired(segments, nowMs, bound);
        int count = Math.Max(expired, CountOversize(segments, bound));
        if (count == 0)
        {
            return new RetentionResult(0, 0, state.LogStart);
        }

        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            bytes += segments[i].SizeInBytes;
        }

        AdvanceLogStart(segments[count].BaseOffset);
        return new RetentionResult(count, bytes, state.LogStart);
    }

    private void Advance(Offset start)
    {
        if (start <= state.LogStart)
        {
            return;
        }

        Invariant.Check(start <= state.LogEnd);
        SegmentList segments = state.Segments;
        int drop = 0;
        while (drop + 1 < segments.Count && segments[drop + 1].BaseOffset <= start)
        {
            drop++;
        }

        // First of all: once the log start is durable a recovery may delete what the producers are known from.
        state.Producers.WriteAt(segments[drop].BaseOffset);
        bool durableFirst = (state.Sabotage & Sabotage.DeleteBeforeLogStart) == 0;
        if (durableFirst)
        {
            state.Checkpoints.SetLogStart(state.Name, start);
        }

        state.LogStart = start;
        state.Epochs.TruncateFromStart(start);
        state.Segments = segments.Skip(drop);
        DeleteFirst(segments, drop);
        if (!durableFirst)
        {
            state.Checkpoints.SetLogStart(state.Name, start);
        }
    }

    /// <summary>From low to high. Needs no flush: a name that comes back lies below the durable log start and goes at the next start.</summary>
    private void DeleteFirst(SegmentList segments, int count)
    {
        for (int i = 0; i < count; i++)
        {
            SegmentFactory.Delete(state.FileSystem, state.Directory, segments[i].BaseOffset);
            segments[i].Release();
        }

        if (count > 0)
        {
            state.Producers.DropBelow(segments[count].BaseOffset);
        }
    }

    private int CountExpired(SegmentList segments, long nowMs, Offset bound)
    {
        LogOptions options = state.Options;
        int count = 0;
        while (options.RetentionMs >= 0
            && IsDeletable(segments, count, bound)
            && ExpiryBaseMs(segments[count], options) + options.RetentionMs < nowMs)
        {
            count++;
        }

        return count;
    }

    private int CountOversize(SegmentList segments, Offset bound)
    {
        long limit = state.Options.RetentionBytes;
        long size = 0;
        foreach (LogSegment segment in segments.All)
        {
            size += segment.SizeInBytes;
        }

        int count = 0;
        while (limit >= 0 && IsDeletable(segments, count, bound) && size - segments[count].SizeInBytes >= limit)
        {
            size -= segments[count].SizeInBytes;
            count++;
        }

        return count;
    }

    /// <summary>Never the active segment, and nothing at or above the bound (S-S6).</summary>
    private static bool IsDeletable(SegmentList segments, int index, Offset bound) =>
        index + 1 < segments.Count && segments[index + 1].BaseOffset <= bound;

    /// <summary>
    /// When the age of a segment begins. Nothing younger than retention by append time goes, whatever its records say
    /// (S-S6); later record times keep it longer only where the leader does not bound them (R-15.4, P72).
    /// </summary>
    private static long ExpiryBaseMs(LogSegment segment, LogOptions options)
    {
        long appendMs = segment.LastAppendMs;
        return options.TimestampsAreBounded ? appendMs : Math.Max(appendMs, segment.Largest.TimestampMs);
    }
}
