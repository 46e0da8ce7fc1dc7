using RaftStream.Model;
using RaftStream.Storage;
using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Quorum.Storage;

/// <summary>Looks whether all that was durable once is still there, before recovery cuts anything (C-13.6, P28).</summary>
/// <remarks>Invalid bytes below the bound are damage: the node stops and the files stay as they are. Above it they are a torn tail.</remarks>
internal static class DurableBoundCheck
{
    /// <summary>Reads the batches of [<paramref name="from"/>, <paramref name="bound"/>).</summary>
    /// <param name="from">End of the newest snapshot: what lies below is in it.</param>
    /// <exception cref="StorageException">A batch is missing or damaged.</exception>
    internal static void Run(IFileSystem fileSystem, string directory, Offset from, Offset bound)
    {
        if (from >= bound)
        {
            return;
        }

        List<Offset> bases = [.. fileSystem.ListFiles(directory)
            .Select(name => SegmentFiles.TryParse(name, SegmentFiles.Log, out Offset offset) ? offset : (Offset?)null)
            .OfType<Offset>()
            .Order()];
        int index = bases.FindLastIndex(offset => offset <= from);
        Offset next = index < 0 ? from : bases[index];
        while (next < bound)
        {
            Offset before = next;
            if (bases.Contains(next))
            {
                Offset? following = bases.Cast<Offset?>().FirstOrDefault(offset => offset > before);
                next = EndOf(fileSystem, directory, next, following, bound);
            }

            if (next == before)
            {
                throw QuorumStateFile.Refused(
                    StorageErrorKind.Corrupt,
                    $"The log in {directory} is damaged at offset {next}, although everything below {bound} was durable once.");
            }
        }
    }

    /// <summary>How far one segment is sound, at most to the next one or the bound.</summary>
    private static Offset EndOf(IFileSystem fileSystem, string directory, Offset baseOffset, Offset? following, Offset bound)
    {
        using IFile file = fileSystem.Open(SegmentFiles.Path(directory, baseOffset, SegmentFiles.Log), FileOpenMode.Read);
        byte[] bytes = new byte[file.Length];
        ReadOnlyMemory<byte> rest = bytes.AsMemory(0, file.Read(bytes, 0));
        Offset next = baseOffset;
        while (next < bound && next != following && BatchParser.TryReadFirst(rest) is { } batch && batch.BaseOffset == next)
        {
            next = batch.EndOffset;
            rest = rest[batch.Bytes.Length..];
        }

        return next;
    }
}
