using System.Buffers;
using System.Runtime.CompilerServices;

namespace RaftStream.Kafka.Protocol;

/// <summary>A place in a frame that may lie in several pieces of memory. Callers check <see cref="Remaining"/> before they go on.</summary>
internal ref struct FrameCursor
{
    private readonly ReadOnlySequence<byte> _frame;

    // The current segment, where it lies in the frame, what was read of it, and how many bytes come after it.
    private ReadOnlySpan<byte> _segment;
    private SequencePosition _segmentStart;
    private SequencePosition _nextSegment;
    private int _index;
    private int _after;

    /// <summary>Stands in front of a frame of at most 2 GiB.</summary>
    public FrameCursor(scoped in ReadOnlySequence<byte> frame)
    {
        _frame = frame;
        Length = (int)frame.Length;
        _nextSegment = frame.Start;
        _after = Length;
        if (Length > 0)
        {
            NextSegment();
        }
    }

    /// <summary>Bytes of the frame.</summary>
    public int Length { get; }

    /// <summary>Bytes behind the cursor's place.</summary>
    public readonly int Remaining => _segment.Length - _index + _after;

    /// <summary>What lies behind the cursor in the same piece of memory; empty at its end, even when other pieces follow.</summary>
    public readonly ReadOnlySpan<byte> Here
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _segment[_index..];
    }

    /// <summary>Goes past bytes of <see cref="Here"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Advance(int count) => _index += count;

    /// <summary>Goes past bytes and hands them out where they lie.</summary>
    public ReadOnlySequence<byte> Take(int count)
    {
        ReadOnlySequence<byte> slice = _frame.Slice(_frame.GetPosition(_index, _segmentStart), count);
        Skip(count);
        return slice;
    }

    /// <summary>Goes past bytes and copies them.</summary>
    public void CopyTo(scoped Span<byte> bytes)
    {
        while (true)
        {
            int here = Math.Min(bytes.Length, _segment.Length - _index);
            _segment.Slice(_index, here).CopyTo(bytes);
            _index += here;
            bytes = bytes[here..];
            if (bytes.IsEmpty)
            {
                return;
            }

            NextSegment();
        }
    }

    /// <summary>Goes past bytes.</summary>
    public void Skip(int count)
    {
        while (true)
        {
            int here = Math.Min(count, _segment.Length - _index);
            _index += here;
            count -= here;
            if (count == 0)
            {
                return;
            }

            NextSegment();
        }
    }

    private void NextSegment()
    {
        ReadOnlyMemory<byte> memory;
        do
        {
            _segmentStart = _nextSegment;
            _frame.TryGet(ref _nextSegment, out memory);
        }
        while (memory.IsEmpty);
        _segment = memory.Span;
        _index = 0;
        _after -= memory.Length;
    }
}
