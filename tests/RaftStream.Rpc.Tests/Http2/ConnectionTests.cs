using System.Text;
using Grpc.Core;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>How connections begin and end.</summary>
public sealed class ConnectionTests
{
    private static readonly Method<byte[], byte[]> Unary = BytesMethod.Of(MethodType.Unary, "Any");

    [Fact]
    public async Task Client_introduces_itself_with_its_windows_and_frame_size()
    {
        await using var peer = new ScriptedPeer(new Http2Options { StreamWindowBytes = 1_000_000, MaxFrameBytes = 200_000 });
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]);

        ScriptedConnection connection = await peer.AcceptAsync();

        Assert.Equal(0u, connection.ClientSettings[(int)SettingId.EnablePush]);
        Assert.Equal(1_000_000u, connection.ClientSettings[(int)SettingId.InitialWindowSize]);
        Assert.Equal(200_000u, connection.ClientSettings[(int)SettingId.MaxFrameSize]);
        ReceivedFrame update = await connection.ReadAsync();
        Assert.Equal(new FrameHeader(4, FrameType.WindowUpdate, FrameFlags.None, 0), update.Header);
        Assert.Equal((uint)new Http2Options().ConnectionWindowBytes - 65_535, update.Number());
        ReceivedFrame ack = await connection.ReadAsync();
        Assert.Equal(new FrameHeader(0, FrameType.Settings, FrameFlags.Ack, 0), ack.Header);
    }

    [Fact]
    public async Task Request_headers_are_those_of_the_protocol()
    {
        await using var peer = new ScriptedPeer();
        var options = new CallOptions(
            headers: new Metadata { { "x-text", "abc" }, { "x-bytes-bin", [1, 2, 3] } }, deadline: DateTime.UtcNow.AddHours(1));
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, options, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();

        (int streamId, Dictionary<string, string> headers) = await connection.ReadRequestAsync();

        Assert.Equal(1, streamId);
        Assert.Equal("POST", headers[":method"]);
        Assert.Equal("http", headers[":scheme"]);
        Assert.Equal("/test.Bytes/Any", headers[":path"]);
        Assert.Equal(peer.Address, headers[":authority"]);
        Assert.Equal("trailers", headers["te"]);
        Assert.Equal("application/grpc", headers["content-type"]);
        Assert.Equal("abc", headers["x-text"]);
        Assert.Equal("AQID", headers["x-bytes-bin"]);
        Assert.Matches("^(3[56]\\d{5}m)$", headers["grpc-timeout"]);
        ReceivedFrame data = await connection.ReadAsync(FrameType.Data);
        Assert.Equal([0, 0, 0, 0, 1, 1], data.Payload);
        Assert.True(data.Header.Has(FrameFlags.EndStream));
    }

    [Fact]
    public async Task Refused_connection_is_unavailable_and_says_where()
    {
        var peer = new ScriptedPeer();
        await peer.DisposeAsync();
        await using Http2Channel channel = Http2Channel.ForAddress(peer.Address);

        RpcException failure = await Assert.ThrowsAsync<RpcException>(
            () => channel.CreateCallInvoker().AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Equal($"Cannot connect to {peer.Address}: Connection refused.", failure.Status.Detail);
    }

    [Fact]
    public async Task An_HTTP_1_server_is_unavailable_and_named_as_such()
    {
        await using var peer = new ScriptedPeer();
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptRawAsync();
        await connection.SendRawAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Contains("HTTP/1", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_never_says_anything_is_unavailable_after_the_timeout()
    {
        var time = new ManualTime();
        await using var peer = new ScriptedPeer(new Http2Options { Time = time, ConnectTimeout = TimeSpan.FromSeconds(7) });
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        await peer.AcceptRawAsync();

        time.Advance(TimeSpan.FromSeconds(7));

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Equal($"No connection to {peer.Address} within 7 s.", failure.Status.Detail);
    }

    [Fact]
    public async Task A_lost_connection_fails_its_calls_and_the_next_call_connects_anew()
    {
        await using var peer = new ScriptedPeer();
        Task<byte[]> lost = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection first = await peer.AcceptAsync();
        await first.ReadUnaryAsync();
        first.Dispose();
        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => lost);
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);

        Task<byte[]> next = peer.Invoker.AsyncUnaryCall(Unary, null, default, [2]).ResponseAsync;
        ScriptedConnection second = await peer.AcceptAsync();
        (int streamId, byte[] message) = await second.ReadUnaryAsync();
        await second.AnswerAsync(streamId, message);

        Assert.Equal([2], await next);
    }

    [Fact]
    public async Task A_server_that_drops_every_connection_after_its_welcome_is_unavailable_in_the_end()
    {
        await using var peer = new ScriptedPeer();
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        using var enough = new CancellationTokenSource();

        Task dropping = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                using ScriptedConnection connection = await peer.AcceptRawAsync();
                await connection.SendSettingsAsync();
                await connection.SendGoAwayAsync(lastStreamId: 0);
            }
        });

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        await enough.CancelAsync();
        await peer.Channel.DisposeAsync();
        await peer.StopListeningAsync(dropping);
    }

    [Fact]
    public async Task Ping_is_answered_with_its_own_bytes()
    {
        await using var peer = new ScriptedPeer();
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        await connection.ReadUnaryAsync();

        await connection.SendAsync(FrameType.Ping, FrameFlags.None, 0, [1, 2, 3, 4, 5, 6, 7, 8]);

        ReceivedFrame answer = await connection.ReadAsync(FrameType.Ping);
        Assert.Equal(FrameFlags.Ack, answer.Header.Flags);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], answer.Payload);
    }

    [Fact]
    public async Task Silence_is_pinged_and_without_an_answer_the_connection_is_given_up()
    {
        var time = new ManualTime();
        await using var peer = new ScriptedPeer(new Http2Options
        {
            Time = time,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(20),
        });
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptAsync();
        await connection.ReadUnaryAsync();

        time.Advance(TimeSpan.FromSeconds(40));
        ReceivedFrame ping = await connection.ReadAsync(FrameType.Ping);
        Assert.False(ping.Header.Has(FrameFlags.Ack));
        Assert.False(call.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(40));

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Contains("no sign of life", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Closing_the_channel_fails_running_calls_and_says_goodbye()
    {
        await using var peer = new ScriptedPeer();
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptAsync();
        await connection.ReadUnaryAsync();

        await peer.Channel.DisposeAsync();

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => call)).StatusCode);
        Assert.Equal(Http2ErrorCode.NoError, await connection.ReadGoodbyeAsync());
        Task<byte[]> late = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => late)).StatusCode);
    }
}
