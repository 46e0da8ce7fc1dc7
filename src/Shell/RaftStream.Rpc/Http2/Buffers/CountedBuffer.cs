using System.Diagnostics;
using RaftStream.Model;

namespace RaftStream.Rpc.Http2.Buffers;

/// <summary>An array of a <see cref="BufferPool"/>, counted: the last <see cref="Release"/> gives it back.</summary>
/// <remarks>Whoever rents it, or is handed it by a <c>Take...</c> method, has one count and releases it once.</remarks>
internal sealed class CountedBuffer(BufferPool? pool, byte[] array, int sizeClass)
{
    private int _count;

    /// <summary>An array of no pool, counted once for the caller: its last release leaves it to the collector.</summary>
    public CountedBuffer(byte[] array)
        : this(null, array, -1) => Start();

    /// <summary>The memory; at least as long as was asked for, with undefined content.</summary>
    public byte[] Array { get; } = array;

    /// <summary>Which free list it belongs to; -1 is none (too large to keep).</summary>
    public int SizeClass { get; } = sizeClass;

    /// <summary>Link of the pool's free list.</summary>
    public CountedBuffer? NextFree { get; set; }

    /// <summary>True when the caller's count is the only one.</summary>
    public bool IsExclusive => Volatile.Read(ref _count) == 1;

    /// <summary>One more holder.</summary>
    public void Retain()
    {
        int count = Interlocked.Increment(ref _count);
        Debug.Assert(count > 1, "Retained after its last release.");
    }

    /// <summary>One holder less; the memory may not be touched afterwards.</summary>
    public void Release()
    {
        int count = Interlocked.Decrement(ref _count);
        Invariant.Check(count >= 0);
        if (count == 0)
        {
            pool?.Return(this);
        }
    }

    /// <summary>For the pool: the renter's count.</summary>
    public void Start() => _count = 1;
}
