using Grpc.Core;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>GOAWAY and RST_STREAM: what goes on, what is sent again, what fails (RFC 9113 §5.4, §6.4, §6.8, §8.7).</summary>
public sealed class GoAwayAndResetTests
{
    private static readonly Method<byte[], byte[]> Unary = BytesMethod.Of(MethodType.Unary, "Any");
    private static readonly Method<byte[], byte[]> Duplex = BytesMethod.Of(MethodType.DuplexStreaming, "Any");

    [Fact]
    public async Task After_goaway_running_calls_end_in_order_and_new_ones_go_elsewhere()
    {
        await using var peer = new ScriptedPeer();
        Task<byte[]> running = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection first = await peer.AcceptAsync();
        (int streamId, _) = await first.ReadUnaryAsync();
        await first.SendGoAwayAsync(lastStreamId: streamId);
        await first.SendAsync(FrameType.Ping, FrameFlags.None, 0, new byte[8]);
        await first.ReadAsync(FrameType.Ping); // so that the client has seen the GOAWAY

        Task<byte[]> next = peer.Invoker.AsyncUnaryCall(Unary, null, default, [2]).ResponseAsync;
        ScriptedConnection second = await peer.AcceptAsync();
        (int nextId, _) = await second.ReadUnaryAsync();
        await second.AnswerAsync(nextId, [22]);
        await first.AnswerAsync(streamId, [11]);

        Assert.Equal([22], await next);
        Assert.Equal([11], await running);
        Assert.Equal(Http2ErrorCode.NoError, await first.ReadGoodbyeAsync()); // empty now, so the client closes it
    }

    [Fact]
    public async Task Aborting_a_channel_ends_its_calls_at_once_and_waits_for_nobody()
    {
        // It hangs: neither answers nor closes.
        await using var peer = new ScriptedPeer();
        Task<byte[]> running = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        using AsyncDuplexStreamingCall<byte[], byte[]> stream = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        ScriptedConnection connection = await peer.AcceptAsync();
        await connection.ReadUnaryAsync();

        await peer.Channel.AbortAsync("the broker hangs").AsTask().WaitAsync(ScriptedConnection.Patience);

        RpcException unary = await Assert.ThrowsAsync<RpcException>(() => running);
        RpcException streaming = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(default));
        RpcException late = await Assert.ThrowsAsync<RpcException>(() => peer.Invoker.AsyncUnaryCall(Unary, null, default, [2]).ResponseAsync);
        Assert.All([unary, streaming, late], failure => Assert.Equal(StatusCode.Unavailable, failure.StatusCode));
        Assert.Contains("the broker hangs", unary.Status.Detail, StringComparison.Ordinal);
        await peer.Channel.AbortAsync("again").AsTask().WaitAsync(ScriptedConnection.Patience);
        await peer.Channel.DisposeAsync().AsTask().WaitAsync(ScriptedConnection.Patience);
    }

    [Fact]
    public async Task A_unary_call_that_goaway_left_unprocessed_is_sent_again()
    {
        await using var peer = new ScriptedPeer();
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection first = await peer.AcceptAsync();
        await first.ReadUnaryAsync();

        await first.SendGoAwayAsync(lastStreamId: 0);

        ScriptedConnection second = await peer.AcceptAsync();
        (int streamId, byte[] message) = await second.ReadUnaryAsync();
        Assert.Equal([1], message);
        await second.AnswerAsync(streamId, [11]);
        Assert.Equal([11], await call);
    }

    [Fact]
    public async Task A_stream_of_requests_that_goaway_left_unprocessed_is_unavailable()
    {
        await using var peer = new ScriptedPeer();
        using AsyncDuplexStreamingCall<byte[], byte[]> call = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        await call.RequestStream.WriteAsync([1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        await connection.ReadRequestAsync();

        await connection.SendGoAwayAsync(lastStreamId: 0);

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task A_refused_unary_call_is_sent_again_once()
    {
        await using var peer = new ScriptedPeer();
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptAsync();

        (int first, _) = await connection.ReadUnaryAsync();
        await connection.SendNumberAsync(FrameType.RstStream, first, (uint)Http2ErrorCode.RefusedStream);
        (int second, byte[] message) = await connection.ReadUnaryAsync();
        Assert.Equal([1], message);
        await connection.SendNumberAsync(FrameType.RstStream, second, (uint)Http2ErrorCode.RefusedStream);

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
    }

    [Fact]
    public async Task Calls_that_wait_for_a_stream_move_to_a_new_connection()
    {
        await using var peer = new ScriptedPeer(new() { MaxConnections = 1 });
        Task<byte[]> running = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection first = await peer.AcceptAsync(((ushort)SettingId.MaxConcurrentStreams, 1));
        (int streamId, _) = await first.ReadUnaryAsync();
        using AsyncDuplexStreamingCall<byte[], byte[]> waiting = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        await waiting.RequestStream.WriteAsync([2]);

        await first.SendGoAwayAsync(lastStreamId: streamId);

        ScriptedConnection second = await peer.AcceptAsync();
        (int waitingId, _) = await second.ReadRequestAsync();
        Assert.Equal(ScriptedConnection.Framed([2]), (await second.ReadAsync(FrameType.Data)).Payload);
        await second.AnswerAsync(waitingId, [22]);
        Assert.True(await waiting.ResponseStream.MoveNext(default));
        await first.AnswerAsync(streamId, [11]);
        Assert.Equal([11], await running);
    }

    [Theory] // the table of the gRPC HTTP/2 mapping, "Errors"
    [InlineData(0x0, StatusCode.Internal)]
    [InlineData(0x1, StatusCode.Internal)]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x3, StatusCode.Internal)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    [InlineData(0x1234, StatusCode.Internal)]
    public async Task A_reset_becomes_a_status(uint code, StatusCode expected)
    {
        await using var peer = new ScriptedPeer();
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();

        await connection.SendNumberAsync(FrameType.RstStream, streamId, code);

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
    }

    [Fact]
    public async Task Messages_before_a_reset_can_still_be_read()
    {
        await using var peer = new ScriptedPeer();
        using AsyncDuplexStreamingCall<byte[], byte[]> call = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadRequestAsync();
        await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);
        await connection.SendMessageAsync(streamId, [1]);
        await connection.SendDataAsync(streamId, [0, 0, 0, 0, 200, 1]); // and the beginning of one that never ends
        await connection.SendNumberAsync(FrameType.RstStream, streamId, (uint)Http2ErrorCode.InternalError);

        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal([1], call.ResponseStream.Current);
        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.Internal, failure.StatusCode);
    }

    [Fact]
    public async Task Frames_for_a_cancelled_stream_are_dropped_and_the_connection_lives()
    {
        await using var peer = new ScriptedPeer();
        using var cancel = new CancellationTokenSource();
        Task<byte[]> cancelled = peer.Invoker.AsyncUnaryCall(
            Unary, null, new CallOptions(cancellationToken: cancel.Token), [1]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();
        await cancel.CancelAsync();
        Assert.Equal((uint)Http2ErrorCode.Cancel, (await connection.ReadAsync(FrameType.RstStream)).Number());
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => cancelled)).StatusCode);

        await connection.AnswerAsync(streamId, new byte[1000]);
        await connection.SendNumberAsync(FrameType.WindowUpdate, streamId, 1);
        await connection.SendNumberAsync(FrameType.RstStream, streamId, 8);
        Task<byte[]> next = peer.Invoker.AsyncUnaryCall(Unary, null, default, [2]).ResponseAsync;
        (int nextId, _) = await connection.ReadUnaryAsync();
        await connection.AnswerAsync(nextId, [22]);

        Assert.Equal([22], await next);
    }
}
