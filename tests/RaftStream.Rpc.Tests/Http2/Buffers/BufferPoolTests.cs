using FsCheck;
using FsCheck.Fluent;
using RaftStream.Model;
using RaftStream.Rpc.Http2.Buffers;

namespace RaftStream.Rpc.Tests.Http2.Buffers;

public sealed class BufferPoolTests
{
    [Fact]
    public void A_class_holds_what_was_asked_for_and_wastes_little() =>
        Prop.ForAll(Gen.Choose(0, 40_000_000).ToArbitrary(), bytes =>
        {
            int sizeClass = BufferPool.ClassOf(bytes);
            return sizeClass < 0
                ? bytes > 32 * 1024 * 1024
                : BufferPool.BytesOf(sizeClass) >= bytes
                    && (bytes <= 1_024 || BufferPool.BytesOf(sizeClass) <= (bytes * 5L / 4) + 1)
                    && (sizeClass == 0 || BufferPool.BytesOf(sizeClass - 1) < bytes);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_was_returned_last_is_rented_first()
    {
        var pool = new BufferPool(retainedBytesLimit: 1 << 20);
        CountedBuffer one = pool.Rent(5_000);
        CountedBuffer two = pool.Rent(5_000);
        one.Release();
        two.Release();

        Assert.Same(two, pool.Rent(5_000));
        Assert.Same(one, pool.Rent(4_900)); // of the same class
        Assert.Equal(2, pool.Outstanding);
    }

    [Fact]
    public void No_more_is_kept_than_the_bound()
    {
        var pool = new BufferPool(retainedBytesLimit: 10_000);
        CountedBuffer[] rented = [.. Enumerable.Range(0, 5).Select(_ => pool.Rent(4_096))];
        Array.ForEach(rented, buffer => buffer.Release());

        CountedBuffer[] again = [.. Enumerable.Range(0, 5).Select(_ => pool.Rent(4_096))];

        Assert.Equal(2, again.Intersect(rented).Count());
    }

    [Fact]
    public void A_buffer_goes_back_with_its_last_holder_and_not_once_more()
    {
        var pool = new BufferPool(retainedBytesLimit: 1 << 20);
        CountedBuffer buffer = pool.Rent(1);
        buffer.Retain();
        Assert.False(buffer.IsExclusive);

        buffer.Release();
        Assert.Equal(1, pool.Outstanding);
        buffer.Release();

        Assert.Equal(0, pool.Outstanding);
        Assert.Throws<InvariantViolationException>(buffer.Release);
    }
}
