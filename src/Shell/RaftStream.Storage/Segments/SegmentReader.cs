using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Storage.Segments;

/// <summary>What looking for an offset in one segment gave.</summary>
internal enum Located
{
    /// <summary>The batch that holds the offset, or the next one after a hole of compaction.</summary>
    Found,

    /// <summary>All batches of the segment lie below the offset.</summary>
    BehindEnd,

    /// <summary>The bytes are not what was appended .</summary>
    Damaged,
}

/// <summary>A run of whole batches in one segment.</summary>
/// <param name="Position">File position of the first batch.</param>
/// <param name="Length">Bytes.</param>
/// <param name="FirstOffset">Base offset of the first batch.</param>
/// <param name="NextOffset">Offset behind the last batch.</param>
internal readonly record struct BatchRun(long Position, int Length, Offset FirstOffset, Offset NextOffset);

/// <summary>Finds batches in a segment: index floor, then a walk along headers. Allocates nothing; any thread that holds a lease.</summary>
/// <remarks>Each index entry used is compared with the header at its position; a wrong one is passed over by walking from the start.</remarks>
internal static class SegmentReader
{
    /// <summary>Headers that a walk reads before it asks the index: one read each, a look-up in an old index takes twenty.</summary>
    private const int StepsBeforeIndex = 4;

    /// <summary>Finds the first batch that reaches past <paramref name="target"/>.</summary>
    internal static Located Locate(
        LogSegment segment, SegmentEnd end, Offset target, out long position, out RecordBatchHeader header)
    {
        long relative = target.Value - segment.BaseOffset.Value;
        if (segment.Hints.TryGet(relative, out BatchPlace hint)
            && LocateFrom(segment, end, target, hint, out position, out header) == Located.Found)
        {
            return Located.Found;
        }

        BatchPlace floor = segment.Offsets.FloorByOffset(relative);
        if (floor != BatchPlace.Start)
        {
            Located located = LocateFrom(segment, end, target, floor, out position, out header);
            if (located != Located.Damaged)
            {
                return located;
            }
        }

        return LocateFrom(segment, end, target, BatchPlace.Start, out position, out header);
    }

    /// <summary>Whole batches from the one that holds <paramref name="from"/>, within the limits.</summary>
    /// <param name="limit">Exclusive offset bound: no batch reaches past it.</param>
    internal static Located ReadRun(
        LogSegment segment, SegmentEnd end, Offset from, Offset limit, int maxBytes, bool atLeastOneBatch, out BatchRun run)
    {
        run = default;
        Located located = Locate(segment, end, from, out long start, out RecordBatchHeader first);
        if (located != Located.Found)
        {
            return located;
        }

        Offset endOffset = segment.BaseOffset.Plus(end.RelativeOffset);
        if (limit >= endOffset && end.Position - start <= maxBytes)
        {
            segment.Hints.Remember(new BatchPlace(end.RelativeOffset, end.Position));
            run = new BatchRun(start, (int)(end.Position - start), first.BaseOffset, endOffset);
            return Located.Found;
        }

        bool firstFits = first.NextOffset <= limit && (first.SizeInBytes <= maxBytes || atLeastOneBatch);
        if (!firstFits)
        {
            run = new BatchRun(start, 0, first.BaseOffset, from);
            return Located.Found;
        }

        return ExtendRun(segment, end, start, first, limit, maxBytes, out run);
    }

    /// <summary>Finds the last batch border that both limits allow, behind a first batch that is taken in any case.</summary>
    private static Located ExtendRun(
        LogSegment segment, SegmentEnd end, long start, in RecordBatchHeader first, Offset limit, int maxBytes, out BatchRun run)
    {
        long lastPosition = Math.Min(end.Position, start + Math.Max(maxBytes, first.SizeInBytes));
        Span<byte> window = stackalloc byte[BatchWalk.DefaultWindowBytes];
        var walk = new BatchWalk(segment.File, window);
        long position = start + first.SizeInBytes;
        Offset next = first.NextOffset;
        int steps = 0;
        while (walk.TryRead(position, lastPosition, out RecordBatchHeader header) == WalkStep.Batch && header.NextOffset <= limit)
        {
            position += header.SizeInBytes;
            next = header.NextOffset;
            steps++;
            if (steps == StepsBeforeIndex && JumpTarget(segment, end, lastPosition, limit) is { } jump && jump.Position > position)
            {
                position = jump.Position;
                next = segment.BaseOffset.Plus(jump.RelativeOffset);
            }
        }

        segment.Hints.Remember(new BatchPlace(next.Value - segment.BaseOffset.Value, position));
        run = new BatchRun(start, (int)(position - start), first.BaseOffset, next);
        return Located.Found;
    }

    /// <summary>The last indexed batch that begins within both limits; null when its entry is wrong.</summary>
    private static BatchPlace? JumpTarget(LogSegment segment, SegmentEnd end, long lastPosition, Offset limit)
    {
        BatchPlace jump = segment.Offsets.FloorByPosition(lastPosition);
        long relativeLimit = limit.Value - segment.BaseOffset.Value;
        if (jump.RelativeOffset > relativeLimit)
        {
            jump = segment.Offsets.FloorByOffset(relativeLimit);
        }

        return IsBatch(segment, end, jump) ? jump : null;
    }

    private static Located LocateFrom(
        LogSegment segment, SegmentEnd end, Offset target, BatchPlace floor, out long position, out RecordBatchHeader header)
    {
        Span<byte> window = stackalloc byte[BatchWalk.DefaultWindowBytes];
        var walk = new BatchWalk(segment.File, window);
        position = floor.Position;
        long least = segment.BaseOffset.Value + floor.RelativeOffset;
        bool isExact = floor != BatchPlace.Start;
        while (true)
        {
            WalkStep step = walk.TryRead(position, end.Position, out header);
            if (step == WalkStep.End)
            {
                return isExact ? Located.Damaged : Located.BehindEnd;
            }

            if (step == WalkStep.Damaged || header.BaseOffset.Value < least || (isExact && header.BaseOffset.Value != least))
            {
                return Located.Damaged;
            }

            if (header.NextOffset > target)
            {
                return Located.Found;
            }

            isExact = false;
            least = header.NextOffset.Value;
            position += header.SizeInBytes;
        }
    }

    private static bool IsBatch(LogSegment segment, SegmentEnd end, BatchPlace place)
    {
        Span<byte> window = stackalloc byte[RecordBatchHeader.Size];
        var walk = new BatchWalk(segment.File, window);
        return walk.TryRead(place.Position, end.Position, out RecordBatchHeader header) == WalkStep.Batch
            && header.BaseOffset.Value == segment.BaseOffset.Value + place.RelativeOffset;
    }
}
