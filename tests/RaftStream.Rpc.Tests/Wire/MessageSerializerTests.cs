using System.Buffers;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Tests.Wire;

public sealed class MessageSerializerTests
{
    private const int Limit = 10_000;

    public static TheoryData<string> Ways => ["whole", "announced", "not announced"];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Message_is_framed_whichever_way_it_is_written(string way)
    {
        byte[] message = new byte[5000];
        new Random(1).NextBytes(message);

        byte[] frame = Serialize(Way(way), message, compress: false);

        Assert.Equal([0, 0, 0, 0x13, 0x88, .. message], frame);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Compressed_message_unpacks_to_itself(string way)
    {
        byte[] message = new byte[5000];

        byte[] frame = Serialize(Way(way), message, compress: true);

        var input = new ReadOnlySequence<byte>(frame);
        Assert.True(MessageFrame.TryRead(ref input, Limit, out bool compressed, out ReadOnlySequence<byte> packed));
        Assert.True(compressed);
        Assert.True(packed.Length < 200);
        var unpacked = new PooledBuffer();
        MessageCompression.Decompress(packed, Limit, unpacked);
        Assert.Equal(message, unpacked.Written.ToArray());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Empty_message_is_a_prefix_alone_and_never_compressed(string way)
    {
        Assert.Equal(new byte[5], Serialize(Way(way), [], compress: false));
        Assert.Equal(new byte[5], Serialize(Way(way), [], compress: true));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Message_above_the_limit_is_refused_and_leaves_nothing_behind(string way)
    {
        var output = new ArrayBufferWriter<byte>();

        RpcException exception = Assert.Throws<RpcException>(
            () => MessageSerializer.Write(Way(way), new byte[Limit + 1], output, Limit, compress: false));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
        Assert.Equal(0, output.WrittenCount);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Announced_length_must_be_kept(int difference)
    {
        Marshaller<byte[]> liar = Contextual((message, context) =>
        {
            context.SetPayloadLength(message.Length + difference);
            context.GetBufferWriter().Write(message);
            context.Complete();
        });

        Assert.Throws<PartialMessageException>(() => Serialize(liar, new byte[100], compress: false));
    }

    [Fact]
    public void Failed_marshaller_does_not_spoil_the_next_message()
    {
        Marshaller<byte[]> thrower = Contextual((_, context) =>
        {
            context.GetBufferWriter().Write("spoilt"u8);
            throw new FormatException();
        });

        Assert.Throws<FormatException>(() => Serialize(thrower, [], compress: false));

        Assert.Equal([0, 0, 0, 0, 1, 9], Serialize(Way("not announced"), [9], compress: false));
    }

    [Fact]
    public void Marshaller_that_completes_nothing_is_an_error() =>
        Assert.Throws<InvalidOperationException>(() => Serialize(Contextual((_, _) => { }), [], compress: false));

    [Fact]
    public void Bomb_is_stopped_at_the_limit()
    {
        var packed = new PooledBuffer();
        MessageCompression.Compress(new ReadOnlySequence<byte>(new byte[50_000_000]), packed);
        var unpacked = new PooledBuffer();

        RpcException exception = Assert.Throws<RpcException>(
            () => MessageCompression.Decompress(packed.Written, Limit, unpacked));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
        Assert.InRange(unpacked.Length, Limit, 3 * Limit);
    }

    private static byte[] Serialize(Marshaller<byte[]> marshaller, byte[] message, bool compress)
    {
        var output = new ArrayBufferWriter<byte>();
        int written = MessageSerializer.Write(marshaller, message, output, Limit, compress);
        Assert.Equal(output.WrittenCount, written);
        return output.WrittenSpan.ToArray();
    }

    private static Marshaller<byte[]> Way(string way) => Contextual((message, context) =>
    {
        if (way == "whole")
        {
            context.Complete(message);
            return;
        }

        if (way == "announced")
        {
            context.SetPayloadLength(message.Length);
        }

        context.GetBufferWriter().Write(message);
        context.Complete();
    });

    private static Marshaller<byte[]> Contextual(Action<byte[], SerializationContext> serializer) =>
        new(serializer, context => context.PayloadAsNewBuffer());
}
