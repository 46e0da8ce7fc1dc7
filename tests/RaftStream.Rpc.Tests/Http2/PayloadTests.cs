using System.Buffers;
using Grpc.Core;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>Who owns messages' memory: borrowed, taken, lent.</summary>
public sealed class PayloadTests
{
    private static readonly Method<byte[], IMemoryOwner<byte>> Taking = new(
        MethodType.ServerStreaming, "test.Bytes", "Any", BytesMethod.Copying, BytesMethod.Taking);

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(2_048)]
    [InlineData(100_000)]
    public async Task A_taken_payload_outlives_the_next_message_and_the_call(int length)
    {
        await using var peer = new ScriptedPeer();
        var taken = new List<IMemoryOwner<byte>>();
        using (AsyncServerStreamingCall<IMemoryOwner<byte>> call = peer.Invoker.AsyncServerStreamingCall(Taking, null, default, [1]))
        {
            ScriptedConnection connection = await peer.AcceptAsync();
            (int streamId, _) = await connection.ReadUnaryAsync();
            await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);
            for (int i = 0; i < 3; i++)
            {
                await connection.SendMessageAsync(streamId, BytesMethod.Random(i, length));
                Assert.True(await call.ResponseStream.MoveNext(default));
                taken.Add(call.ResponseStream.Current);
            }

            await connection.SendTrailersAsync(streamId);
            Assert.False(await call.ResponseStream.MoveNext(default));
        }

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(BytesMethod.Random(i, length), taken[i].Memory.ToArray());
            taken[i].Dispose();
            taken[i].Dispose(); // once more does no harm; ScriptedPeer counts that everything came back
        }
    }

    [Fact]
    public async Task Messages_borrow_one_piece_of_memory()
    {
        var borrowing = new Marshaller<ReadOnlySequenceHolder>(
            (_, _) => throw new NotSupportedException(), context => new ReadOnlySequenceHolder(context.PayloadAsReadOnlySequence()));
        var method = new Method<byte[], ReadOnlySequenceHolder>(
            MethodType.ServerStreaming, "test.Bytes", "Any", BytesMethod.Copying, borrowing);
        await using var peer = new ScriptedPeer();
        using AsyncServerStreamingCall<ReadOnlySequenceHolder> call = peer.Invoker.AsyncServerStreamingCall(method, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();
        await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);
        byte[] framed = ScriptedConnection.Framed(BytesMethod.Random(5, 90_000));
        foreach (byte[] piece in framed.Chunk(16_384))
        {
            await connection.SendDataAsync(streamId, piece);
        }

        Assert.True(await call.ResponseStream.MoveNext(default));

        Assert.True(call.ResponseStream.Current.Sequence.IsSingleSegment);
        Assert.True(call.ResponseStream.Current.Sequence.FirstSpan.SequenceEqual(framed.AsSpan(5)));
    }

    [Fact]
    public async Task A_lent_payload_is_sent_from_where_it_lies_and_free_when_the_write_completes()
    {
        await using var peer = new ScriptedPeer();
        using AsyncDuplexStreamingCall<byte[], byte[]> call = peer.Invoker.AsyncDuplexStreamingCall(
            BytesMethod.Of(MethodType.DuplexStreaming, "Any", BytesMethod.Lending), null, default);
        ScriptedConnection connection = await peer.AcceptAsync(((ushort)SettingId.InitialWindowSize, 0));
        (int streamId, _) = await connection.ReadRequestAsync();
        byte[] lent = new byte[20_000];

        Task writing = call.RequestStream.WriteAsync(lent);
        Assert.False(writing.IsCompleted);
        Array.Fill(lent, (byte)7); // shows that nothing was copied; a caller must not do this
        await connection.SendNumberAsync(FrameType.WindowUpdate, streamId, 100_000);
        await writing;
        Array.Fill(lent, (byte)9); // too late to show

        byte[] received = [];
        while (received.Length < 20_005)
        {
            received = [.. received, .. (await connection.ReadAsync(FrameType.Data)).Payload];
        }

        Assert.All(received[5..], value => Assert.Equal(7, value));
    }

    [Fact]
    public async Task A_request_on_its_own_is_copied_even_when_lent()
    {
        await using var peer = new ScriptedPeer();
        byte[] lent = new byte[20_000];
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(
            BytesMethod.Of(MethodType.Unary, "Any", BytesMethod.Lending), null, default, lent);

        Array.Fill(lent, (byte)7); // the caller of a unary call does not hear when its request is sent
        ScriptedConnection connection = await peer.AcceptAsync();
        (_, byte[] message) = await connection.ReadUnaryAsync();

        Assert.All(message, value => Assert.Equal(0, value));
    }

    [Fact]
    public async Task A_message_above_the_limit_is_refused_before_anything_is_sent()
    {
        await using var peer = new ScriptedPeer(new Http2Options { MaxSendMessageBytes = 100 });

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => peer.Invoker.AsyncUnaryCall(
            BytesMethod.Of(MethodType.Unary, "Any"), null, default, new byte[101]).ResponseAsync);

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
    }

    [Fact]
    public async Task A_marshaller_that_fails_half_way_fails_the_call()
    {
        var failing = new Marshaller<byte[]>(
            (message, context) =>
            {
                context.SetPayloadLength(message.Length);
                context.GetBufferWriter().Write(message.AsSpan(1));
                throw new FormatException("no more");
            },
            context => context.PayloadAsNewBuffer());
        await using var peer = new ScriptedPeer();
        using AsyncDuplexStreamingCall<byte[], byte[]> call = peer.Invoker.AsyncDuplexStreamingCall(
            BytesMethod.Of(MethodType.DuplexStreaming, "Any", failing), null, default);
        ScriptedConnection connection = await peer.AcceptAsync();
        await connection.ReadRequestAsync();

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync(new byte[50]));

        Assert.Equal(StatusCode.Internal, failure.StatusCode);
        Assert.IsType<FormatException>(failure.Status.DebugException);
        Assert.Equal((uint)Http2ErrorCode.Cancel, (await connection.ReadAsync(FrameType.RstStream)).Number());
    }

    private sealed record ReadOnlySequenceHolder(ReadOnlySequence<byte> Sequence);
}
