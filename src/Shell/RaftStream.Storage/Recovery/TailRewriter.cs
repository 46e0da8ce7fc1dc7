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
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            using IFile target = fileSystem.Open(temporary, FileOpenMode.CreateOrTruncate);
            for (long at = from; at < end;)
            {
                int wanted = (int)Math.Min(buffer.Length, end - at);
                int read = source.Read(buffer.AsSpan(0, wanted), at);
                Invariant.Check(read > 0);
                target.Write(buffer.AsSpan(0, read), at - from);
                at += read;
            }

            target.Flush();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        fileSystem.Rename(temporary, path);
        fileSystem.SyncDirectory(directory);
    }
}
