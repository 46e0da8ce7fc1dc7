using System.Buffers;
using RaftStream.Model;
using RaftStream.Storage.Files;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage.Recovery;

/// <summary>Writes bytes that were never known to be flushed into a new file, so that they count .</summary>
/// <remarks>
/// After a failed fsync the page cache shows bytes that are not on the disk, and a second fsync "succeeds" without
/// writing them (P27). A process that restarts cannot tell. Bytes written anew through a new file and flushed are there.
/// </remarks>
internal static class TailRewriter
{
    private const int CopyBytes = 1 << 20;

    /// <summary>
    /// Copies [from, end) of <paramref name="source"/> into the segment file of <paramref name="baseOffset"/>, replacing
    /// one of that name in one step. Durable when it returns, name included.
    /// </summary>
    internal static void Rewrite(
        IFileSystem fileSystem, string directory, IFile source, long from, long end, Offset baseOffset)
    {
        string path = SegmentFiles.Path(directory, baseOffset, SegmentFiles.Log);
        string temporary = path + SegmentFiles.Temporary;
        using (IFile target = fileSystem.Open(temporary, FileOpenMode.CreateOrTruncate))
        {
            Copy(source, from, end, target, to: 0);
            target.Flush();
        }

        fileSystem.Rename(temporary, path);
        fileSystem.SyncDirectory(directory);
    }

    /// <summary>
    /// Puts a tail that is durable in a file of its own behind the flushed part that it continues, in place of what was there,
    /// and removes its file: a log has no more segments after a crash than before it. Durable when it returns.
    /// </summary>
    /// <param name="baseOffset">The segment that the tail goes to.</param>
    /// <param name="flushedPosition">Where it goes.</param>
    /// <param name="tailBase">The tail's file.</param>
    /// <remarks>Until its file is gone by name, a start finds the tail there, and cuts what it finds of it here.</remarks>
    internal static void FoldBack(
        IFileSystem fileSystem, string directory, Offset baseOffset, long flushedPosition, Offset tailBase, bool flush = true)
    {
        using (IFile tail = fileSystem.Open(SegmentFiles.Path(directory, tailBase, SegmentFiles.Log), FileOpenMode.Read))
        using (IFile target = fileSystem.Open(SegmentFiles.Path(directory, baseOffset, SegmentFiles.Log), FileOpenMode.ReadWrite))
        {
            target.SetLength(flushedPosition); // The old bytes go with their pages: none of them is taken for written (P27).
            Copy(tail, from: 0, tail.Length, target, flushedPosition);
            if (flush)
            {
                target.Flush();
            }
        }

        SegmentFactory.SetAside(fileSystem, directory, tailBase);
        fileSystem.SyncDirectory(directory);
        SegmentFactory.DeleteSetAside(fileSystem, directory, tailBase);
    }

    private static void Copy(IFile source, long from, long end, IFile target, long to)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            for (long at = from; at < end;)
            {
                int wanted = (int)Math.Min(buffer.Length, end - at);
                int read = source.Read(buffer.AsSpan(0, wanted), at);
                Invariant.Check(read > 0);
                target.Write(buffer.AsSpan(0, read), to + at - from);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
