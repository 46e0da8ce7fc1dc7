using System.Buffers;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Chaos.Host;

/// <summary>One open file of a <see cref="VolatileFileSystem"/>.</summary>
internal sealed class VolatileFile(VolatileContent content, string path, Faults faults) : IFile
{
    public long Length => content.Length;

    public int Read(Span<byte> destination, long position) => content.Read(destination, position);

    public void Write(ReadOnlySpan<byte> source, long position)
    {
        MustHaveRoom(position + source.Length);
        content.Write(source, position);
    }

    public void Write(ReadOnlySpan<byte> head, in ReadOnlySequence<byte> rest, long position)
    {
        MustHaveRoom(position + head.Length + rest.Length);
        content.Write(head, position);
        position += head.Length;
        foreach (ReadOnlyMemory<byte> piece in rest)
        {
            content.Write(piece.Span, position);
            position += piece.Length;
        }
    }

    public void SetLength(long length) => content.SetLength(length);

    public void Preallocate(long length)
    {
        // A hint, which this disk does not take.
    }

    public void Flush()
    {
        if (!faults.FlushLies || !IsRecords)
        {
            content.Flush();
        }
    }

    public void Dispose()
    {
        // What was not flushed is kept in memory, as a kernel does; other handles may be open.
    }

    /// <summary>Of a partition: whoever loses metadata refuses to start, which is found without a checker.</summary>
    private bool IsRecords => path.EndsWith(".log", StringComparison.Ordinal) && !path.Contains("/quorum/", StringComparison.Ordinal);

    private void MustHaveRoom(long end)
    {
        if (faults.NoSpace && end > content.Length)
        {
            throw new StorageException(StorageErrorKind.DiskFull, $"write of {path} failed: no space left on device.");
        }
    }
}
