using System.Buffers;

namespace RaftStream.Storage.Files;

/// <summary>Bytes of one file in memory: a table of chunks that only grows while it is written.</summary>
/// <remarks>
/// One writer beside many readers, without a lock: the writer fills chunks, then publishes the table, then the length;
/// a reader takes the length first. Chunks double up to 1 MiB, so that small files stay small.
/// </remarks>
internal sealed class MemoryContent
{
    private const int FirstChunkBytes = 4 << 10;
    private const int MaxChunkBytes = 1 << 20;

    private volatile byte[][] _chunks = [];
    private long _length;

    internal long Length => Volatile.Read(ref _length);

    internal long LastWriteTimeMs { get; private set; }

    internal int Read(Span<byte> destination, long position)
    {
        long length = Length;
        byte[][] chunks = _chunks;
        int total = (int)Math.Clamp(length - position, 0, destination.Length);
        int done = 0;
        while (done < total)
        {
            (int chunk, int at) = Locate(position + done);
            ReadOnlySpan<byte> source = chunks[chunk].AsSpan(at);
            int count = Math.Min(source.Length, total - done);
            source[..count].CopyTo(destination[done..]);
            done += count;
        }

        return total;
    }

    internal void Write(ReadOnlySpan<byte> source, long position, long nowMs)
    {
        long end = position + source.Length;
        long length = Length;
        EnsureCapacity(end);
        if (position > length)
        {
            Clear(length, position);
        }

        Copy(source, position);
        if (end > length)
        {
            Volatile.Write(ref _length, end);
        }

        LastWriteTimeMs = nowMs;
    }

    internal void SetLength(long newLength, long nowMs)
    {
        long length = Length;
        EnsureCapacity(newLength);
        if (newLength > length)
        {
            Clear(length, newLength);
        }

        Volatile.Write(ref _length, newLength);
        LastWriteTimeMs = nowMs;
    }

    private void Copy(ReadOnlySpan<byte> source, long position)
    {
        byte[][] chunks = _chunks;
        while (!source.IsEmpty)
        {
            (int chunk, int at) = Locate(position);
            int count = Math.Min(source.Length, chunks[chunk].Length - at);
            source[..count].CopyTo(chunks[chunk].AsSpan(at));
            source = source[count..];
            position += count;
        }
    }

    private void Clear(long from, long to)
    {
        byte[][] chunks = _chunks;
        while (from < to)
        {
            (int chunk, int at) = Locate(from);
            int count = (int)Math.Min(to - from, chunks[chunk].Length - at);
            chunks[chunk].AsSpan(at, count).Clear();
            from += count;
        }
    }

    private void EnsureCapacity(long length)
    {
        if (length == 0)
        {
            return;
        }

        int needed = Locate(length - 1).Chunk + 1;
        byte[][] chunks = _chunks;
        if (needed <= chunks.Length)
        {
            return;
        }

        byte[][] grown = new byte[needed][];
        chunks.CopyTo(grown, 0);
        for (int i = chunks.Length; i < needed; i++)
        {
            grown[i] = GC.AllocateUninitializedArray<byte>(ChunkBytes(i));
        }

        _chunks = grown;
    }

    // Chunks of 4, 4, 8, 16 ... 512 KiB make up the first MiB; then 1 MiB each.
    private static int ChunkBytes(int chunk) => chunk switch
    {
        0 => FirstChunkBytes,
        <= 8 => FirstChunkBytes << (chunk - 1),
        _ => MaxChunkBytes,
    };

    private static (int Chunk, int At) Locate(long position)
    {
        if (position < FirstChunkBytes)
        {
            return (0, (int)position);
        }

        if (position < MaxChunkBytes)
        {
            int power = 63 - (int)long.LeadingZeroCount(position / FirstChunkBytes);
            return (power + 1, (int)(position - ((long)FirstChunkBytes << power)));
        }

        return (9 + (int)((position - MaxChunkBytes) / MaxChunkBytes), (int)(position % MaxChunkBytes));
    }
}

/// <summary>A handle on <see cref="MemoryContent"/>; the content lives as long as a name or a handle refers to it.</summary>
internal sealed class MemoryFile(MemoryContent content, TimeProvider clock) : IFile
{
    public long Length => content.Length;

    public int Read(Span<byte> destination, long position) => content.Read(destination, position);

    public void Write(ReadOnlySpan<byte> source, long position) => content.Write(source, position, NowMs);

    public void Write(ReadOnlySpan<byte> head, in ReadOnlySequence<byte> rest, long position)
    {
        long nowMs = NowMs;
        content.Write(head, position, nowMs);
        position += head.Length;
        foreach (ReadOnlyMemory<byte> piece in rest)
        {
            content.Write(piece.Span, position, nowMs);
            position += piece.Length;
        }
    }

    public void SetLength(long length) => content.SetLength(length, NowMs);

    public void Preallocate(long length)
    {
    }

    public void Flush()
    {
    }

    public void Dispose()
    {
    }

    private long NowMs => clock.GetUtcNow().ToUnixTimeMilliseconds();
}
