using Grpc.Core;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>Deadlines, tokens and Dispose: the caller hears at once, the server by RST_STREAM CANCEL.</summary>
public sealed class CancellationTests
{
    private static readonly Method<byte[], byte[]> Unary = BytesMethod.Of(MethodType.Unary, "Any");
    private static readonly Method<byte[], byte[]> Duplex = BytesMethod.Of(MethodType.DuplexStreaming, "Any");

    [Fact]
    public async Task A_deadline_ends_the_call_on_both_sides()
    {
        var time = new ManualTime();
        await using var peer = new ScriptedPeer(new Http2Options { Time = time, KeepAlivePingDelay = TimeSpan.Zero });
        var options = new CallOptions(deadline: time.GetUtcNow().UtcDateTime.AddMilliseconds(1_500));
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, options, [1]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptAsync();
        (_, Dictionary<string, string> headers) = await connection.ReadRequestAsync();
        await connection.ReadAsync(FrameType.Data);
        Assert.Equal("1500m", headers["grpc-timeout"]);

        time.Advance(TimeSpan.FromMilliseconds(1_499));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        Assert.Equal((uint)Http2ErrorCode.Cancel, (await connection.ReadAsync(FrameType.RstStream)).Number());
    }

    [Fact]
    public async Task A_deadline_in_the_past_sends_nothing()
    {
        await using var peer = new ScriptedPeer();
        var options = new CallOptions(deadline: DateTime.UtcNow.AddSeconds(-1));

        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, options, [1]).ResponseAsync;

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
    }

    [Fact]
    public async Task A_deadline_also_counts_while_connecting()
    {
        var time = new ManualTime();
        await using var peer = new ScriptedPeer(new Http2Options { Time = time, ConnectTimeout = TimeSpan.FromSeconds(10) });
        var options = new CallOptions(deadline: time.GetUtcNow().UtcDateTime.AddSeconds(1));
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, options, [1]).ResponseAsync;
        await peer.AcceptRawAsync();

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_sends_nothing()
    {
        await using var peer = new ScriptedPeer();

        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(
            Unary, null, new CallOptions(cancellationToken: new CancellationToken(canceled: true)), [1]).ResponseAsync;

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
    }

    [Fact]
    public async Task Cancelling_a_read_or_a_write_cancels_the_call()
    {
        await using var peer = new ScriptedPeer(new Http2Options { WriteBufferBytes = 0 });
        using AsyncDuplexStreamingCall<byte[], byte[]> read = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        ScriptedConnection connection = await peer.AcceptAsync(((ushort)SettingId.InitialWindowSize, 0));
        (int readId, _) = await connection.ReadRequestAsync();
        using AsyncDuplexStreamingCall<byte[], byte[]> write = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        (int writeId, _) = await connection.ReadRequestAsync();
        using var cancelRead = new CancellationTokenSource();
        using var cancelWrite = new CancellationTokenSource();
        Task reading = read.ResponseStream.MoveNext(cancelRead.Token);
        Task writing = write.RequestStream.WriteAsync([1], cancelWrite.Token);

        await cancelRead.CancelAsync();
        await cancelWrite.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => reading)).StatusCode);
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => writing)).StatusCode);
        Assert.Equal(readId, (await connection.ReadAsync(FrameType.RstStream)).Header.StreamId);
        Assert.Equal(writeId, (await connection.ReadAsync(FrameType.RstStream)).Header.StreamId);
    }

    [Fact]
    public async Task Disposing_a_call_cancels_it_and_gives_back_what_nobody_read()
    {
        await using var peer = new ScriptedPeer();
        AsyncDuplexStreamingCall<byte[], byte[]> call = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadRequestAsync();
        await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);
        await connection.SendMessageAsync(streamId, new byte[10_000]);
        await connection.SendMessageAsync(streamId, new byte[10_000]);
        await connection.SendDataAsync(streamId, [0, 0, 0, 100, 0, 1, 2, 3]); // a message of which most is missing
        Assert.True(await call.ResponseStream.MoveNext(default));

        call.Dispose();

        Assert.Equal((uint)Http2ErrorCode.Cancel, (await connection.ReadAsync(FrameType.RstStream)).Number());
        Assert.Equal(StatusCode.Cancelled, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task A_call_that_waits_for_a_stream_can_be_cancelled_without_a_trace()
    {
        await using var peer = new ScriptedPeer(new Http2Options { MaxConnections = 1 });
        Task<byte[]> first = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptAsync(((ushort)SettingId.MaxConcurrentStreams, 1));
        (int firstId, _) = await connection.ReadUnaryAsync();
        using var cancel = new CancellationTokenSource();
        Task<byte[]> second = peer.Invoker.AsyncUnaryCall(
            Unary, null, new CallOptions(cancellationToken: cancel.Token), [2]).ResponseAsync;
        Task<byte[]> third = peer.Invoker.AsyncUnaryCall(Unary, null, default, [3]).ResponseAsync;

        await cancel.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(() => second);
        await connection.AnswerAsync(firstId, [11]);
        (int thirdId, byte[] message) = await connection.ReadUnaryAsync();
        await connection.AnswerAsync(thirdId, [33]);

        Assert.Equal([3], message);
        Assert.Equal([33], await third);
        Assert.Equal([11], await first);
    }
}
