using System.Buffers;

namespace RaftStream.Rpc.Wire;

/// <summary>A growing chain of pooled arrays: bytes in by <see cref="IBufferWriter{T}"/>, out as a sequence.</summary>
/// <remarks>Owns its arrays until <see cref="Clear"/>; not thread-safe.</remarks>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    private const int MinBlockBytes = 4 * 1024;
    private const int MaxBlockBytes = 1024 * 1024;

    private Segment? _first;
    private Segment? _last;
    private long _length;

    /// <summary>Bytes written since the last <see cref="Clear"/>.</summary>
    public long Length => _length;

    /// <summary>What was written. Valid until <see cref="Clear"/>.</summary>
    public ReadOnlySequence<byte> Written
    {
        get
        {
            if (_first is null)
            {
                return ReadOnlySequence<byte>.Empty;
            }

            _last!.Publish();
            return new ReadOnlySequence<byte>(_first, 0, _last, _last.Used);
        }
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (count > 0) // some writers advance by nothing before they ask for memory
        {
            _last!.Use(count);
            _length += count;
        }
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => WithRoom(sizeHint).Array.AsMemory(_last!.Used);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => WithRoom(sizeHint).Array.AsSpan(_last!.Used);

    /// <summary>Gives the arrays back and begins anew.</summary>
    public void Clear()
    {
        Release(_first);
        _first = null;
        _last = null;
        _length = 0;
    }

    /// <summary>Begins anew with the memory of the first block, for the next message of the same stream.</summary>
    public void Reset()
    {
        if (_first is { } first)
        {
            Release(first.NextSegment);
            first.Restart();
            _last = first;
            _length = 0;
        }
    }

    /// <summary>Makes room for a message of known size in one block.</summary>
    public void Reserve(int bytes) => WithRoom(bytes);

    private static void Release(Segment? segment)
    {
        for (; segment is not null; segment = segment.NextSegment)
        {
            ArrayPool<byte>.Shared.Return(segment.Array);
        }
    }

    private Segment WithRoom(int sizeHint)
    {
        int wanted = Math.Max(sizeHint, 1);
        if (_last is not null && _last.Array.Length - _last.Used >= wanted)
        {
            return _last;
        }

        // Blocks double with what is there already: few for big messages, little waste for small ones.
        int blockBytes = Math.Max(wanted, (int)Math.Clamp(_length, MinBlockBytes, MaxBlockBytes));
        var segment = new Segment(ArrayPool<byte>.Shared.Rent(blockBytes), _length);
        _last?.Append(segment);
        _first ??= segment;
        _last = segment;
        return segment;
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] array, long runningIndex)
        {
            Array = array;
            RunningIndex = runningIndex;
        }

        public byte[] Array { get; }

        public int Used { get; private set; }

        public Segment? NextSegment => (Segment?)Next;

        public void Use(int count)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Array.Length - Used);
            Used += count;
        }

        public void Restart()
        {
            Used = 0;
            Next = null;
        }

        public void Publish() => Memory = Array.AsMemory(0, Used);

        public void Append(Segment next)
        {
            Publish();
            Next = next;
        }
    }
}
