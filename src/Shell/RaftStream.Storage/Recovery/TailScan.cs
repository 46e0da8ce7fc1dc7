using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage.Recovery;

/// <summary>One segment file as the scan found it.</summary>
/// <param name="BaseOffset">From the file's name.</param>
/// <param name="FlushedPosition">Bytes below the recovery point: known to be on the disk.</param>
/// <param name="EndPosition">Bytes of valid batches.</param>
/// <param name="FileLength">Bytes in the file.</param>
/// <param name="EndOffset">Offset behind the last valid batch.</param>
internal sealed record ScannedSegment(
    Offset BaseOffset, long FlushedPosition, long EndPosition, long FileLength, Offset EndOffset);

/// <summary>Finds how far the log is valid, from the recovery point on. Changes index files only.</summary>
internal sealed class TailScan(IFileSystem fileSystem, string directory, FolderListing listing, Sabotage sabotage)
{
    /// <summary>Log bytes read and checked.</summary>
    internal long ScannedBytes { get; private set; }

    /// <summary>Bytes behind the first invalid one, in its segment and in those after it.</summary>
    internal long CutBytes { get; private set; }

    /// <summary>Set when the recovery point itself was not found.</summary>
    internal string? Problem { get; private set; }

    /// <summary>Index of the first segment that is not wholly below the recovery point, or ends there.</summary>
    internal int First { get; private set; }

    /// <summary>Scans from the recovery point; returns the segments from <see cref="First"/> on that stay.</summary>
    internal List<ScannedSegment> Run(Offset recoveryPoint)
    {
        List<Offset> bases = listing.Bases;
        First = Math.Max(0, bases.FindLastIndex(offset => offset < recoveryPoint));
        var kept = new List<ScannedSegment>();
        Offset next = bases[First];
        LeaderEpoch epoch = LeaderEpoch.Unknown;
        for (int i = First; i < bases.Count; i++)
        {
            bool continues = bases[i] == next || (sabotage & Sabotage.KeepLaterSegments) != 0;
            if (!continues)
            {
                CutBytes += LengthOf(bases[i]);
                continue;
            }

            ScannedSegment scanned = ScanSegment(bases[i], i + 1 < bases.Count ? bases[i + 1] : null, recoveryPoint, ref epoch);
            kept.Add(scanned);
            next = scanned.EndOffset;
            CutBytes += scanned.FileLength - scanned.EndPosition;
        }

        return kept;
    }

    private ScannedSegment ScanSegment(Offset baseOffset, Offset? nextBase, Offset recoveryPoint, ref LeaderEpoch epoch)
    {
        LogSegment segment = SegmentFactory.Open(fileSystem, directory, baseOffset);
        try
        {
            long length = segment.File.Length;
            long flushed = 0;
            Offset next = baseOffset;
            if (recoveryPoint > baseOffset)
            {
                if (TryFindBorder(segment, length, recoveryPoint, out long position, out LeaderEpoch before))
                {
                    flushed = position;
                    next = recoveryPoint;
                    epoch = before;
                }
                else
                {
                    Problem = $"{segment.LogPath} holds no batch border at the recovery point {recoveryPoint}.";
                }
            }

            using var scan = new BatchScan(segment.File, verifyChecksum: (sabotage & Sabotage.NoChecksum) == 0);
            ScanResult result = scan.Scan(flushed, length, next, epoch, nextBase);
            ScannedBytes += result.Position - flushed;
            epoch = result.LastEpoch;
            return new ScannedSegment(baseOffset, flushed, result.Position, length, result.NextOffset);
        }
        finally
        {
            segment.Release();
        }
    }

    /// <summary>Finds the position of an offset that is a batch border, by index entries from below it and a walk.</summary>
    private bool TryFindBorder(LogSegment segment, long length, Offset border, out long position, out LeaderEpoch epochBefore)
    {
        if (listing.HasIndexes(segment.BaseOffset))
        {
            segment.UseIndexFiles();
            long relativeBorder = border.Value - segment.BaseOffset.Value;
            BatchPlace last = (sabotage & Sabotage.TrustIndex) != 0
                ? segment.Offsets.FloorByOffset(relativeBorder - 1)
                : segment.ResumeIndexes(new SegmentEnd(relativeBorder, Math.Min(length, uint.MaxValue)));
            if (Walk(segment, length, last, border, out position, out epochBefore))
            {
                return true;
            }
        }

        return Walk(segment, length, BatchPlace.Start, border, out position, out epochBefore);
    }

    private static bool Walk(
        LogSegment segment, long length, BatchPlace from, Offset border, out long position, out LeaderEpoch epochBefore)
    {
        Span<byte> window = stackalloc byte[4096];
        var walk = new BatchWalk(segment.File, window);
        position = from.Position;
        epochBefore = LeaderEpoch.Unknown;
        Offset next = segment.BaseOffset.Plus(from.RelativeOffset);
        bool exact = true;
        while (next < border)
        {
            WalkStep step = walk.TryRead(position, length, out RecordBatchHeader header);
            bool continues = step == WalkStep.Batch && (exact ? header.BaseOffset == next : header.BaseOffset >= next);
            if (!continues)
            {
                return false;
            }

            exact = false; // Below the recovery point compaction may have left gaps.
            next = header.NextOffset;
            epochBefore = header.PartitionLeaderEpoch;
            position += header.SizeInBytes;
        }

        return next == border;
    }

    private long LengthOf(Offset baseOffset)
    {
        using IFile file = fileSystem.Open(SegmentFiles.Path(directory, baseOffset, SegmentFiles.Log), FileOpenMode.Read);
        return file.Length;
    }
}
