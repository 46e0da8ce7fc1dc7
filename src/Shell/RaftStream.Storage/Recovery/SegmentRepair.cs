using RaftStream.Model;
using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage.Recovery;

/// <summary>Makes a scanned segment durable up to its last valid batch, cuts the rest, and opens it .</summary>
/// <remarks>
/// The part behind the recovery point is written anew. Where a part below that point stays, the tail is durable in a file of
/// its own before it takes the place of the old bytes: a crash at any point leaves it in the one or in the other.
/// </remarks>
internal sealed class SegmentRepair(IFileSystem fileSystem, string directory, SegmentOpener opener, Sabotage sabotage)
{
    /// <summary>Bytes of tails that were written anew.</summary>
    internal long RewrittenBytes { get; private set; }

    /// <summary>True when the tail of the segment has a file of its own for a while.</summary>
    internal static bool MovesTail(ScannedSegment scanned) =>
        scanned.FlushedPosition > 0 && scanned.EndPosition > scanned.FlushedPosition;

    /// <summary>Everything in the segment that it returns is durable.</summary>
    internal LogSegment Repair(ScannedSegment scanned, Offset recoveryPoint, bool isLast)
    {
        bool rewrite = scanned.EndPosition > scanned.FlushedPosition && (sabotage & Sabotage.NoTailRewrite) == 0;
        if (!rewrite)
        {
            Cut(scanned);
        }
        else if (MovesTail(scanned))
        {
            RewriteTail(scanned, recoveryPoint);
            bool flush = (sabotage & Sabotage.NoFoldFlush) == 0;
            TailRewriter.FoldBack(fileSystem, directory, scanned.BaseOffset, scanned.FlushedPosition, recoveryPoint, flush);
        }
        else
        {
            RewriteTail(scanned, scanned.BaseOffset);
        }

        return Finish(Open(scanned, recoveryPoint), isLast);
    }

    private void RewriteTail(ScannedSegment scanned, Offset tailBase)
    {
        using IFile source = fileSystem.Open(
            SegmentFiles.Path(directory, scanned.BaseOffset, SegmentFiles.Log), FileOpenMode.Read);
        TailRewriter.Rewrite(fileSystem, directory, source, scanned.FlushedPosition, scanned.EndPosition, tailBase);
        RewrittenBytes += scanned.EndPosition - scanned.FlushedPosition;
    }

    private void Cut(ScannedSegment scanned)
    {
        if (scanned.FileLength == scanned.EndPosition && scanned.FlushedPosition == scanned.EndPosition)
        {
            return;
        }

        using IFile file = fileSystem.Open(
            SegmentFiles.Path(directory, scanned.BaseOffset, SegmentFiles.Log), FileOpenMode.ReadWrite);
        file.SetLength(scanned.EndPosition);
        file.Flush();
    }

    private LogSegment Open(ScannedSegment scanned, Offset recoveryPoint)
    {
        var end = new SegmentEnd(scanned.EndOffset.Value - scanned.BaseOffset.Value, scanned.EndPosition);
        return scanned.FlushedPosition == 0
            ? opener.OpenScanned(scanned.BaseOffset, end)
            : opener.OpenResumed(
                scanned.BaseOffset, new SegmentEnd(recoveryPoint.Value - scanned.BaseOffset.Value, scanned.FlushedPosition), end);
    }

    private static LogSegment Finish(LogSegment segment, bool isLast)
    {
        if (isLast)
        {
            segment.PersistIndexes();
        }
        else
        {
            segment.Close();
            segment.Seal();
        }

        return segment;
    }
}
