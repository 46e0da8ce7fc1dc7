using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Tests.Wire;

public sealed class MessageFrameTests
{
    private const int Limit = 1000;

    [Fact]
    public void Any_prefix_of_a_frame_says_more_and_takes_nothing() => Prop.ForAll(
        Gen.Choose(0, Limit).ToArbitrary(),
        size =>
        {
            byte[] frame = Frame(size);
            for (int length = 0; length < frame.Length; length++)
            {
                var input = new ReadOnlySequence<byte>(frame, 0, length);
                if (MessageFrame.TryRead(ref input, Limit, out _, out _) || input.Length != length)
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(300, 1)]
    [InlineData(300, 3)]
    [InlineData(300, 7)]
    [InlineData(Limit, 64)]
    public void Frame_in_pieces_is_taken_off_the_front(int size, int pieceBytes)
    {
        byte[] twoFrames = [.. Frame(size), .. Frame(2)];
        ReadOnlySequence<byte> input = Pieces.Of(twoFrames, pieceBytes);

        Assert.True(MessageFrame.TryRead(ref input, Limit, out bool compressed, out ReadOnlySequence<byte> message));

        Assert.False(compressed);
        Assert.Equal(Frame(size)[5..], message.ToArray());
        Assert.Equal(7, input.Length);
    }

    [Theory]
    [InlineData(Limit + 1)]
    [InlineData(int.MaxValue)]
    [InlineData(0xFFFF_FFFF)]
    public void Announced_length_above_the_limit_is_refused_before_its_bytes_arrive(uint length)
    {
        byte[] prefix = [0, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length];
        var input = new ReadOnlySequence<byte>(prefix);

        RpcException exception = Assert.Throws<RpcException>(() => MessageFrame.TryRead(ref input, Limit, out _, out _));

        Assert.Equal(StatusCode.ResourceExhausted, exception.StatusCode);
    }

    [Fact]
    public void First_byte_other_than_0_and_1_is_refused()
    {
        var input = new ReadOnlySequence<byte>([(byte)'G', (byte)'E', (byte)'T', (byte)' ', (byte)'/']);

        RpcException exception = Assert.Throws<RpcException>(() => MessageFrame.TryRead(ref input, Limit, out _, out _));

        Assert.Equal(StatusCode.Internal, exception.StatusCode);
    }

    private static byte[] Frame(int size)
    {
        byte[] frame = new byte[5 + size];
        MessageFrame.WritePrefix(frame, compressed: false, size);
        new Random(size).NextBytes(frame.AsSpan(5));
        return frame;
    }
}
