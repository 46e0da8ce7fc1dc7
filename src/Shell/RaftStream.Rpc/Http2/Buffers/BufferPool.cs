using System.Numerics;

namespace RaftStream.Rpc.Http2.Buffers;

/// <summary>Arrays for messages and send buffers, kept for reuse up to a bound.</summary>
/// <remarks>
/// Sizes go up in quarters of a power of two, so that a batch of 1 MiB and its few bytes of message around it do not
/// take 2 MiB. Arrays are pinned: the socket need not pin them, and the collector never moves them. Last in, first out,
/// so that what the kernel copies into is still in the cache. Thread-safe.
/// </remarks>
internal sealed class BufferPool
{
    private const int MinBits = 10;
    private const int MaxBits = 25;
    private const int StepsPerDoubling = 4;

    private readonly long _retainedBytesLimit;
    private readonly FreeList[] _free;
    private long _retainedBytes;
    private long _outstanding;

    /// <param name="retainedBytesLimit">Most bytes of free arrays that are kept; more go to the collector.</param>
    public BufferPool(long retainedBytesLimit)
    {
        _retainedBytesLimit = retainedBytesLimit;
        _free = new FreeList[((MaxBits - MinBits) * StepsPerDoubling) + 1];
        for (int i = 0; i < _free.Length; i++)
        {
            _free[i] = new FreeList();
        }
    }

    /// <summary>The process's pool: at most 64 MiB lie idle, a handful of large messages on each of a few streams.</summary>
    public static BufferPool Shared { get; } = new(64 * 1024 * 1024);

    /// <summary>Buffers rented and not yet given back.</summary>
    public long Outstanding => Interlocked.Read(ref _outstanding);

    /// <summary>A buffer of at least <paramref name="minBytes"/>, counted once for the caller.</summary>
    public CountedBuffer Rent(int minBytes)
    {
        Interlocked.Increment(ref _outstanding);
        int sizeClass = ClassOf(minBytes);
        CountedBuffer? buffer = sizeClass < 0 ? null : _free[sizeClass].Pop();
        if (buffer is null)
        {
            int bytes = sizeClass < 0 ? minBytes : BytesOf(sizeClass);
            buffer = new CountedBuffer(this, GC.AllocateUninitializedArray<byte>(bytes, pinned: true), sizeClass);
        }
        else
        {
            Interlocked.Add(ref _retainedBytes, -buffer.Array.Length);
        }

        buffer.Start();
        return buffer;
    }

    /// <summary>For <see cref="CountedBuffer.Release"/> alone.</summary>
    internal void Return(CountedBuffer buffer)
    {
        Interlocked.Decrement(ref _outstanding);
        int bytes = buffer.Array.Length;
        if (buffer.SizeClass < 0)
        {
            return;
        }

        if (Interlocked.Add(ref _retainedBytes, bytes) > _retainedBytesLimit)
        {
            Interlocked.Add(ref _retainedBytes, -bytes);
            return;
        }

        _free[buffer.SizeClass].Push(buffer);
    }

    /// <summary>The smallest class that holds <paramref name="minBytes"/>; -1 above the largest.</summary>
    internal static int ClassOf(int minBytes)
    {
        if (minBytes <= 1 << MinBits)
        {
            return 0;
        }

        if (minBytes > 1 << MaxBits)
        {
            return -1;
        }

        int doubling = BitOperations.Log2((uint)(minBytes - 1));
        int step = ((minBytes - 1) >> (doubling - 2)) & (StepsPerDoubling - 1);
        return ((doubling - MinBits) * StepsPerDoubling) + step + 1;
    }

    /// <summary>Bytes of the arrays of a class.</summary>
    internal static int BytesOf(int sizeClass)
    {
        int doubling = MinBits + (sizeClass / StepsPerDoubling);
        return (1 << doubling) + ((sizeClass % StepsPerDoubling) << (doubling - 2));
    }

    private sealed class FreeList
    {
        private readonly Lock _lock = new();
        private CountedBuffer? _first;

        public CountedBuffer? Pop()
        {
            lock (_lock)
            {
                CountedBuffer? buffer = _first;
                _first = buffer?.NextFree;
                if (buffer is not null)
                {
                    buffer.NextFree = null;
                }

                return buffer;
            }
        }

        public void Push(CountedBuffer buffer)
        {
            lock (_lock)
            {
                buffer.NextFree = _first;
                _first = buffer;
            }
        }
    }
}
