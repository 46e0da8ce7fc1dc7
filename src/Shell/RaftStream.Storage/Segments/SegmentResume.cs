using RaftStream.Records;

namespace RaftStream.Storage.Segments;

/// <summary>Gets a segment ready to be appended to, from its files alone: index position, largest timestamp, interval count.</summary>
internal static class SegmentResume
{
    /// <summary>Cuts the indexes to the segment's end and walks from the last entry on to note what lies behind it. Epochs are known.</summary>
    /// <param name="segment">Published up to <paramref name="end"/>.</param>
    /// <param name="end">Where the batches end.</param>
    /// <param name="indexIntervalBytes">Log bytes per index entry.</param>
    /// <exception cref="StorageException">The bytes below the end are no batches.</exception>
    internal static void Resume(LogSegment segment, SegmentEnd end, int indexIntervalBytes) =>
        Resume(segment, end, end, indexIntervalBytes, epochs: null);

    /// <summary>The same where index entries and epochs are known only up to <paramref name="flushed"/>.</summary>
    /// <param name="segment">Published up to <paramref name="end"/>.</param>
    /// <param name="flushed">A batch border, at or below the end: what the indexes say of later batches is not believed.</param>
    /// <param name="end">Where the batches end.</param>
    /// <param name="indexIntervalBytes">Log bytes per index entry.</param>
    /// <param name="epochs">Told of each batch from there on.</param>
    /// <param name="sabotaged">A test wants all index entries to be believed.</param>
    /// <exception cref="StorageException">The bytes below the end are no batches.</exception>
    internal static void Resume(
        LogSegment segment, SegmentEnd flushed, SegmentEnd end, int indexIntervalBytes, EpochCache? epochs, bool sabotaged = false)
    {
        BatchPlace from = segment.ResumeIndexes(flushed, sabotaged);
        Span<byte> window = stackalloc byte[4096];
        var walk = new BatchWalk(segment.File, window);
        if (end.Position > 0)
        {
            segment.NoteFirst(Require(walk.TryRead(0, end.Position, out RecordBatchHeader first), segment, first, 0));
        }

        long position = from.Position;
        while (position < end.Position)
        {
            WalkStep step = walk.TryRead(position, end.Position, out RecordBatchHeader header);
            Require(step, segment, header, position);
            segment.NoteBatch(
                new BatchPlace(header.BaseOffset.Value - segment.BaseOffset.Value, position), header, indexIntervalBytes);
            if (position >= flushed.Position)
            {
                epochs?.Assign(header.PartitionLeaderEpoch, header.BaseOffset);
            }

            position += header.SizeInBytes;
        }
    }

    /// <summary>The header of the segment's last batch; false when it has none, or is damaged.</summary>
    internal static bool TryReadLast(LogSegment segment, out RecordBatchHeader last)
    {
        last = default;
        SegmentEnd end = segment.End;
        if (end.Position == 0)
        {
            return false;
        }

        return SegmentReader.Locate(segment, end, segment.EndOffset.Plus(-1), out _, out last) == Located.Found;
    }

    private static RecordBatchHeader Require(WalkStep step, LogSegment segment, in RecordBatchHeader header, long position) =>
        step == WalkStep.Batch
            ? header
            : throw new StorageException(StorageErrorKind.Corrupt, $"{segment.LogPath} is damaged at position {position}.");
}
