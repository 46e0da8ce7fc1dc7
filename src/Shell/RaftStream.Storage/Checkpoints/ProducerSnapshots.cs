using RaftStream.Model;
using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage.Checkpoints;

/// <summary>The <c>&lt;offset&gt;.snapshot</c> files of a partition: the producers' state as of that offset .</summary>
/// <remarks>
/// Written when a segment begins, at a clean stop, and after a recovery or truncation, so that the state outlives the
/// segments it came from. The entries are opaque lines here.
/// </remarks>
internal static class ProducerSnapshots
{
    private const string Kind = "producer-snapshot";
    private const int Version = 1;

    internal static void Write(IFileSystem fileSystem, string directory, Offset offset, IEnumerable<string> entries)
    {
        string name = SegmentFiles.Path("", offset, SegmentFiles.Snapshot)[1..];
        AtomicFile.Replace(fileSystem, directory, name, CheckpointText.Encode(Kind, Version, entries));
    }

    /// <summary>The newest readable snapshot at or below <paramref name="end"/> (R-13.3, R-14.6); null when there is none.</summary>
    internal static (Offset Offset, string[] Entries)? TryLoadLatest(IFileSystem fileSystem, string directory, Offset end)
    {
        foreach (Offset offset in List(fileSystem, directory).Where(offset => offset <= end).OrderDescending())
        {
            string name = SegmentFiles.Path("", offset, SegmentFiles.Snapshot)[1..];
            if (CheckpointText.TryDecode(Kind, Version, AtomicFile.TryRead(fileSystem, directory, name)) is { } entries)
            {
                return (offset, entries);
            }
        }

        return null;
    }

    /// <summary>After a truncation or recovery: nothing above the log's end stays.</summary>
    internal static void DeleteAbove(IFileSystem fileSystem, string directory, Offset end) =>
        Delete(fileSystem, directory, List(fileSystem, directory).Where(offset => offset > end));

    /// <summary>After segments were deleted: snapshots below the first one are of no more use.</summary>
    internal static void DeleteBelow(IFileSystem fileSystem, string directory, Offset start) =>
        Delete(fileSystem, directory, List(fileSystem, directory).Where(offset => offset < start));

    internal static IReadOnlyList<Offset> List(IFileSystem fileSystem, string directory)
    {
        var offsets = new List<Offset>();
        foreach (string name in fileSystem.ListFiles(directory))
        {
            if (SegmentFiles.TryParse(name, SegmentFiles.Snapshot, out Offset offset))
            {
                offsets.Add(offset);
            }
        }

        return offsets;
    }

    private static void Delete(IFileSystem fileSystem, string directory, IEnumerable<Offset> offsets)
    {
        foreach (Offset offset in offsets)
        {
            fileSystem.DeleteFile(SegmentFiles.Path(directory, offset, SegmentFiles.Snapshot));
        }
    }
}
