using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage.Recovery;

/// <summary>Opens checked segments with usable indexes, and tells an epoch cache what it walks over.</summary>
internal sealed class SegmentOpener(
    IFileSystem fileSystem, string directory, FolderListing listing, int indexIntervalBytes, EpochCache epochs, Sabotage sabotage)
{
    private readonly bool _trustsIndexes = (sabotage & Sabotage.TrustIndex) != 0;

    /// <summary>What was found damaged below the recovery point; null when nothing was.</summary>
    internal string? Problem { get; private set; }

    /// <summary>A closed segment below the recovery point: taken as it is; only lost index files are built anew.</summary>
    internal LogSegment OpenTrusted(Offset baseOffset, Offset nextBase)
    {
        LogSegment segment = SegmentFactory.Open(fileSystem, directory, baseOffset);
        var end = new SegmentEnd(nextBase.Value - baseOffset.Value, segment.File.Length);
        if (listing.HasIndexes(baseOffset))
        {
            segment.TrustAsClosed(end);
            return segment;
        }

        segment.Publish(end);
        try
        {
            SegmentResume.Resume(segment, end, indexIntervalBytes);
        }
        catch (StorageException exception) when (exception.Kind == StorageErrorKind.Corrupt)
        {
            Problem ??= exception.Message; // Readable up to there; whoever reads further is told.
        }

        segment.Close();
        segment.Seal();
        return segment;
    }

    /// <summary>A segment whose index entries and epochs below <paramref name="flushed"/> are durable: walked from the last of them.</summary>
    internal LogSegment OpenResumed(Offset baseOffset, SegmentEnd flushed, SegmentEnd end)
    {
        LogSegment segment = SegmentFactory.Open(fileSystem, directory, baseOffset);
        if (listing.HasIndexes(baseOffset))
        {
            segment.UseIndexFiles();
        }

        segment.Publish(end);
        SegmentResume.Resume(segment, flushed, end, indexIntervalBytes, epochs, _trustsIndexes);
        return segment;
    }

    /// <summary>A segment that was scanned in full: indexes built anew, epochs noted.</summary>
    internal LogSegment OpenScanned(Offset baseOffset, SegmentEnd end)
    {
        LogSegment segment = SegmentFactory.Open(fileSystem, directory, baseOffset);
        if (_trustsIndexes)
        {
            segment.UseIndexFiles();
        }

        segment.Publish(end);
        SegmentResume.Resume(segment, flushed: default, end, indexIntervalBytes, epochs, _trustsIndexes);
        return segment;
    }

    /// <summary>The last segment after a clean stop; null when it is not as a clean stop leaves it.</summary>
    internal LogSegment? TryOpenCleanLast(Offset baseOffset)
    {
        LogSegment segment = SegmentFactory.Open(fileSystem, directory, baseOffset);
        segment.UseIndexFiles();
        long length = segment.File.Length;
        if (TryFindEnd(segment, length, out SegmentEnd end))
        {
            segment.Publish(end);
            SegmentResume.Resume(segment, end, indexIntervalBytes);
            return segment;
        }

        segment.Release();
        return null;
    }

    /// <summary>Walks from the last index entry to the file's end, which must be a batch border, and checks the last batch's sum .</summary>
    private static bool TryFindEnd(LogSegment segment, long length, out SegmentEnd end)
    {
        end = default;
        BatchPlace place = segment.Offsets.Last;
        Span<byte> window = stackalloc byte[4096];
        var walk = new BatchWalk(segment.File, window);
        long position = place.Position;
        long lastPosition = position;
        RecordBatchHeader last = default;
        long expected = segment.BaseOffset.Value + place.RelativeOffset;
        while (position < length)
        {
            bool continues = walk.TryRead(position, length, out RecordBatchHeader header) == WalkStep.Batch
                && (position == place.Position && place != BatchPlace.Start ? header.BaseOffset.Value == expected : header.BaseOffset.Value >= expected);
            if (!continues)
            {
                return false;
            }

            last = header;
            lastPosition = position;
            expected = header.NextOffset.Value;
            position += header.SizeInBytes;
        }

        if (length == 0)
        {
            return true;
        }

        if (position != length || last.SizeInBytes == 0)
        {
            return false;
        }

        end = new SegmentEnd(last.NextOffset.Value - segment.BaseOffset.Value, length);
        using var scan = new BatchScan(segment.File, verifyChecksum: true);
        return !scan.Scan(lastPosition, length, last.BaseOffset, LeaderEpoch.Unknown, stopAt: null).StoppedEarly;
    }
}
