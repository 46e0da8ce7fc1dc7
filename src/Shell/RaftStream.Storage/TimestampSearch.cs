using System.Buffers;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>Finds records by time: time index, headers, then the records of one batch. Any thread.</summary>
internal sealed class TimestampSearch(LogState state)
{
    /// <summary>The first record at or after the timestamp, below the bound and not below the log start.</summary>
    internal TimestampOffset? FindFirst(long timestampMs, Offset bound)
    {
        while (true)
        {
            if (TryFindFirst(timestampMs, bound, out TimestampOffset? found))
            {
                return found;
            }
        }
    }

    /// <summary>The first of the records with the largest timestamp.</summary>
    internal TimestampOffset? FindLargest(Offset bound)
    {
        while (true)
        {
            if (TryFindLargest(bound, out long timestampMs))
            {
                return timestampMs < 0 ? null : FindFirst(timestampMs, bound);
            }
        }
    }

    /// <summary>False when a segment was let go or cut meanwhile: look again.</summary>
    private bool TryFindFirst(long timestampMs, Offset bound, out TimestampOffset? found)
    {
        found = null;
        Offset logStart = state.LogStart;
        Offset limit = Offset.Min(bound, state.LogEnd);
        SegmentList segments = state.Segments;
        for (int i = Math.Max(0, segments.Find(logStart)); i < segments.Count && segments[i].BaseOffset < limit; i++)
        {
            LogSegment segment = segments[i];
            if (!segment.TryAcquire())
            {
                return state.IsClosed;
            }

            try
            {
                bool closed = i + 1 < segments.Count;
                if (closed && segment.Largest.TimestampMs < timestampMs)
                {
                    continue;
                }

                int truncations = segment.Truncations;
                found = FindInSegment(segment, timestampMs, logStart, limit);
                if (segment.Truncations != truncations)
                {
                    return false;
                }

                if (found is not null)
                {
                    return true;
                }
            }
            finally
            {
                segment.Release();
            }
        }

        return true;
    }

    private static TimestampOffset? FindInSegment(LogSegment segment, long timestampMs, Offset logStart, Offset limit)
    {
        SegmentEnd end = segment.End;
        TimePlace below = segment.Times.Below(timestampMs);
        BatchPlace from = StartOfWalk(segment, end, below);
        Span<byte> window = stackalloc byte[BatchWalk.DefaultWindowBytes];
        var walk = new BatchWalk(segment.File, window);
        long position = from.Position;
        while (walk.TryRead(position, end.Position, out RecordBatchHeader header) == WalkStep.Batch && header.NextOffset <= limit)
        {
            if (header.MaxTimestamp >= timestampMs && header.NextOffset > logStart
                && FindInBatch(segment, position, header, timestampMs, logStart) is { } found)
            {
                return found;
            }

            position += header.SizeInBytes;
        }

        return null;
    }

    /// <summary>The indexed batch below the time entry's, when both entries hold what they say; else the segment's start.</summary>
    private static BatchPlace StartOfWalk(LogSegment segment, SegmentEnd end, TimePlace below)
    {
        if (below == TimePlace.None)
        {
            return BatchPlace.Start;
        }

        Offset offset = segment.BaseOffset.Plus(below.RelativeOffset);
        Located located = SegmentReader.Locate(segment, end, offset, out long position, out RecordBatchHeader header);
        bool holds = located == Located.Found && header.BaseOffset == offset && header.MaxTimestamp == below.TimestampMs;
        return holds ? new BatchPlace(below.RelativeOffset, position) : BatchPlace.Start;
    }

    private static TimestampOffset? FindInBatch(
        LogSegment segment, long position, in RecordBatchHeader header, long timestampMs, Offset logStart)
    {
        TimestampOffset? found = null;
        LeaderEpoch epoch = header.PartitionLeaderEpoch;
        ReadRecords(segment, position, header, record =>
        {
            if (record.TimestampMs >= timestampMs && record.Offset >= logStart.Value)
            {
                found = new TimestampOffset(new Offset(record.Offset), record.TimestampMs, epoch);
            }

            return found is null;
        });
        return found;
    }

    private static long LargestInBatch(LogSegment segment, long position, in RecordBatchHeader header, Offset logStart)
    {
        long largest = RecordBatchHeader.NoTimestamp;
        ReadRecords(segment, position, header, record =>
        {
            largest = record.Offset >= logStart.Value ? Math.Max(largest, record.TimestampMs) : largest;
            return true;
        });
        return largest;
    }

    /// <summary>Hands the records of one batch to <paramref name="next"/> until it says no.</summary>
    private static void ReadRecords(
        LogSegment segment, long position, in RecordBatchHeader header, Func<RecordView, bool> next)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(header.SizeInBytes);
        try
        {
            Span<byte> batch = buffer.AsSpan(0, header.SizeInBytes);
            if (segment.File.Read(batch, position) < batch.Length)
            {
                return;
            }

            using var reader = new RecordBatchReader();
            RecordCheck check = reader.Open(batch, out _, out RecordEnumerator records);
            while (check.IsValid && records.MoveNext() && next(records.Current))
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool TryFindLargest(Offset bound, out long timestampMs)
    {
        timestampMs = RecordBatchHeader.NoTimestamp;
        Offset logStart = state.LogStart;
        Offset limit = Offset.Min(bound, state.LogEnd);
        SegmentList segments = state.Segments;
        for (int i = Math.Max(0, segments.Find(logStart)); i < segments.Count && segments[i].BaseOffset < limit; i++)
        {
            LogSegment segment = segments[i];
            if (!segment.TryAcquire())
            {
                return state.IsClosed;
            }

            try
            {
                int truncations = segment.Truncations;
                bool whole = i + 1 < segments.Count && segments[i + 1].BaseOffset <= limit && segment.BaseOffset >= logStart;
                long largest = whole ? segment.Largest.TimestampMs : LargestInPart(segment, logStart, limit);
                timestampMs = Math.Max(timestampMs, largest);
                if (segment.Truncations != truncations)
                {
                    return false;
                }
            }
            finally
            {
                segment.Release();
            }
        }

        return true;
    }

    /// <summary>The largest timestamp of a segment between two offsets that are not both its own ends.</summary>
    private static long LargestInPart(LogSegment segment, Offset logStart, Offset limit)
    {
        SegmentEnd end = segment.End;
        BatchPlace from = BatchPlace.Start;
        long largest = RecordBatchHeader.NoTimestamp;
        if (logStart <= segment.BaseOffset)
        {
            // Up to an indexed batch the time index knows the largest; the headers behind it are read.
            from = segment.Offsets.FloorByOffset(limit.Value - segment.BaseOffset.Value - 1);
            TimePlace known = from == BatchPlace.Start ? TimePlace.None : segment.Times.FloorByOffset(from.RelativeOffset);
            largest = known.TimestampMs;
        }

        Span<byte> window = stackalloc byte[BatchWalk.DefaultWindowBytes];
        var walk = new BatchWalk(segment.File, window);
        long position = from.Position;
        while (walk.TryRead(position, end.Position, out RecordBatchHeader header) == WalkStep.Batch && header.NextOffset <= limit)
        {
            if (header.NextOffset > logStart)
            {
                // The batch around the log start may owe its timestamp to a record that is no longer there.
                bool isCut = header.BaseOffset < logStart;
                largest = Math.Max(largest, isCut ? LargestInBatch(segment, position, header, logStart) : header.MaxTimestamp);
            }

            position += header.SizeInBytes;
        }

        return largest;
    }
}
