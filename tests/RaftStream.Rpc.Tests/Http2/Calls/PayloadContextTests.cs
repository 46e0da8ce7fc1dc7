using System.Buffers;
using Grpc.Core;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Http2.Calls;

namespace RaftStream.Rpc.Tests.Http2.Calls;

/// <summary>A call may be disposed on any thread, at any moment of reading.</summary>
public sealed class PayloadContextTests
{
    private readonly BufferPool _pool = new(1024 * 1024);

    [Fact]
    public void Memory_stays_under_a_marshaller_when_the_context_is_closed_beneath_it()
    {
        var context = new PayloadContext(_pool);
        var outstanding = new List<long>();
        Marshaller<byte[]> closing = Reading(payload =>
        {
            context.Close();
            outstanding.Add(_pool.Outstanding);
            return payload.PayloadAsNewBuffer();
        });

        byte[] read = context.Read(closing, Message(7));

        Assert.Equal([1], outstanding);
        Assert.Equal([7, 7, 7, 7], read);
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void Memory_that_was_taken_is_not_given_back_by_closing()
    {
        var context = new PayloadContext(_pool);
        Marshaller<IMemoryOwner<byte>> taking = Reading(payload =>
        {
            context.Close();
            return ((IPayloadOwner)payload).TakePayload();
        });

        using (IMemoryOwner<byte> taken = context.Read(taking, Message(7)))
        {
            Assert.Equal(1, _pool.Outstanding);
            Assert.Equal([7, 7, 7, 7], taken.Memory.ToArray());
        }

        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public void Nothing_is_read_once_closed()
    {
        var context = new PayloadContext(_pool);
        context.Read(Reading(payload => payload.PayloadAsNewBuffer()), Message(7));
        context.Close();
        context.Close();
        Assert.Equal(0, _pool.Outstanding);

        var failure = Assert.Throws<RpcException>(() => context.Read(Reading(payload => payload.PayloadAsNewBuffer()), Message(8)));

        Assert.Equal(StatusCode.Cancelled, failure.StatusCode);
        Assert.Equal(0, _pool.Outstanding);
    }

    private static Marshaller<T> Reading<T>(Func<DeserializationContext, T> read) => new((_, _) => throw new NotSupportedException(), read);

    private ReceivedMessage Message(byte filler)
    {
        CountedBuffer buffer = _pool.Rent(4);
        buffer.Array.AsSpan(0, 4).Fill(filler);
        return new ReceivedMessage(buffer, 0, 4, IsCompressed: false, IsShared: false);
    }
}
