using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace RaftStream.Rpc.Server.Hosting;

/// <summary>Memory of the server's pipes: pinned blocks of one size, the last one returned is the first one handed out again.</summary>
/// <remarks>
/// Blocks of 64 KiB instead of the framework's 4 KiB: one receive fills one block. Beyond <see cref="MaxFreeBytes"/>
/// returned blocks are left to the garbage collector, so that a burst is not kept for ever.
/// </remarks>
internal sealed class BlockMemoryPool(int blockBytes) : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    /// <summary>Bytes of free blocks kept for reuse.</summary>
    public const int MaxFreeBytes = 64 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Block[] _free = new Block[MaxFreeBytes / blockBytes];
    private int _freeCount;
    private int _rentedCount;

    /// <inheritdoc/>
    public override int MaxBufferSize => blockBytes;

    /// <summary>Blocks that are out now; tests hold it against leaks.</summary>
    public int RentedCount => Volatile.Read(ref _rentedCount);

    /// <summary>Every connection and pipe shares this pool.</summary>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, blockBytes);
        Block? block = null;
        lock (_lock)
        {
            _rentedCount++;
            if (_freeCount > 0)
            {
                block = _free[--_freeCount];
                _free[_freeCount] = null!;
            }
        }

        block ??= new Block(this, GC.AllocateUninitializedArray<byte>(blockBytes, pinned: true));
        block.TakeOut();
        return block;
    }

    /// <summary>Pipes return their blocks after the server has let go of the pool: nothing to do.</summary>
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        lock (_lock)
        {
            _rentedCount--;
            if (_freeCount < _free.Length)
            {
                _free[_freeCount++] = block;
            }
        }
    }

    private sealed class Block(BlockMemoryPool pool, byte[] array) : IMemoryOwner<byte>
    {
        private int _isOut;

        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(array, 0, array.Length);

        public void TakeOut() => _isOut = 1;

        public void Dispose()
        {
            // Twice in the pool would give one block to two owners.
            if (Interlocked.Exchange(ref _isOut, 0) == 1)
            {
                pool.Return(this);
            }
        }
    }
}
