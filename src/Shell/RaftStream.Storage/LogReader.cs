using RaftStream.Model;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>Pins runs of batches for readers, beside appends, rolls, retention and truncation. Any thread, no lock, no allocation.</summary>
internal sealed class LogReader(LogState state)
{
    internal LogSlice Read(Offset from, int maxBytes, Offset bound, bool atLeastOneBatch)
    {
        while (true)
        {
            Offset limit = Offset.Min(bound, state.LogEnd);
            if (from < state.LogStart || from > state.LogEnd)
            {
                return new LogSlice(ErrorCode.OffsetOutOfRange, from);
            }

            if (from >= limit)
            {
                return new LogSlice(ErrorCode.None, from);
            }

            if (state.IsClosed)
            {
                return new LogSlice(ErrorCode.KafkaStorageError, from);
            }

            try
            {
                if (TryRead(from, limit, maxBytes, atLeastOneBatch, out LogSlice slice))
                {
                    return slice;
                }
            }
            catch (StorageException exception)
            {
                state.ReadFailed(from, exception);
                throw;
            }

            // A segment was let go between looking at the list and taking the lease: its successor list is there now.
        }
    }

    private bool TryRead(Offset from, Offset limit, int maxBytes, bool atLeastOneBatch, out LogSlice slice)
    {
        SegmentList segments = state.Segments;
        slice = new LogSlice(ErrorCode.None, from);
        for (int i = Math.Max(0, segments.Find(from)); i < segments.Count && segments[i].BaseOffset < limit; i++)
        {
            LogSegment segment = segments[i];
            if (!segment.TryAcquire())
            {
                return false;
            }

            bool keepsLease = false;
            try
            {
                int truncations = segment.Truncations; // Before the end: see LogSegment.IsIntact.
                SegmentEnd end = segment.End;
                Located located = SegmentReader.ReadRun(segment, end, from, limit, maxBytes, atLeastOneBatch, out BatchRun run);
                if (located == Located.Damaged && !segment.IsIntact(truncations, end.Position))
                {
                    return false; // Not damaged: cut while we looked.
                }

                if (located != Located.BehindEnd)
                {
                    slice = ToSlice(segment, truncations, located, run, from);
                    keepsLease = !slice.IsEmpty;
                    return true;
                }
            }
            finally
            {
                if (!keepsLease)
                {
                    segment.Release();
                }
            }
        }

        return true;
    }

    private LogSlice ToSlice(LogSegment segment, int truncations, Located located, in BatchRun run, Offset from)
    {
        bool hole = located == Located.Found && run.FirstOffset > from && !state.Options.AllowOffsetGaps;
        if (located == Located.Damaged || hole)
        {
            // Never cut, never skip: durable records are missing here, and others may still have them.
            state.SuspectReason ??= $"{segment.LogPath} has no readable batch that holds offset {from}.";
            return new LogSlice(ErrorCode.KafkaStorageError, from);
        }

        return run.Length == 0
            ? new LogSlice(ErrorCode.None, from)
            : new LogSlice(state, segment, truncations, run);
    }
}
