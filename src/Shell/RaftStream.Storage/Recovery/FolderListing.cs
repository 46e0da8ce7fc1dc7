using RaftStream.Model;
using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage.Recovery;

/// <summary>What lies in a partition's folder, after remains of interrupted work were removed .</summary>
internal sealed class FolderListing
{
    private readonly HashSet<string> _names;

    private FolderListing(IReadOnlyList<string> names)
    {
        _names = [.. names];
        Bases = [.. names
            .Select(name => SegmentFiles.TryParse(name, SegmentFiles.Log, out Offset offset) ? offset : (Offset?)null)
            .OfType<Offset>()
            .Order()];
    }

    /// <summary>Base offsets of the segments, growing.</summary>
    internal List<Offset> Bases { get; }

    /// <summary>Removes files that were being written or deleted, and indexes without a segment; lists the rest.</summary>
    internal static FolderListing Clean(IFileSystem fileSystem, string directory)
    {
        var listing = new FolderListing(fileSystem.ListFiles(directory));
        foreach (string name in listing._names.Where(listing.IsRemains).Order(StringComparer.Ordinal))
        {
            fileSystem.DeleteFile($"{directory}/{name}");
        }

        return listing;
    }

    /// <summary>True when the segment has both index files.</summary>
    internal bool HasIndexes(Offset baseOffset) =>
        _names.Contains(NameOf(baseOffset, SegmentFiles.OffsetIndex)) && _names.Contains(NameOf(baseOffset, SegmentFiles.TimeIndex));

    private bool IsRemains(string name)
    {
        if (name.EndsWith(SegmentFiles.Temporary, StringComparison.Ordinal) || name.EndsWith(SegmentFiles.Deleted, StringComparison.Ordinal))
        {
            return true;
        }

        bool isIndex = SegmentFiles.TryParse(name, SegmentFiles.OffsetIndex, out Offset offset)
            || SegmentFiles.TryParse(name, SegmentFiles.TimeIndex, out offset);
        return isIndex && !_names.Contains(NameOf(offset, SegmentFiles.Log));
    }

    private static string NameOf(Offset offset, string suffix) => SegmentFiles.Path("", offset, suffix)[1..];
}
