using Grpc.Core;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>What a broken or hostile server gets: GOAWAY with the right code, and UNAVAILABLE for its calls.</summary>
public sealed class ProtocolErrorTests
{
    private static readonly Method<byte[], byte[]> ServerStream = BytesMethod.Of(MethodType.ServerStreaming, "Any");

    [Theory]
    [InlineData("000000 00 00 00000000", Http2ErrorCode.ProtocolError)]            // DATA on stream 0 (§6.1)
    [InlineData("000001 00 08 00000001 01", Http2ErrorCode.ProtocolError)]         // all padding and more (§6.1)
    [InlineData("000000 00 08 00000001", Http2ErrorCode.FrameSizeError)]           // padded without the length (§6.1)
    [InlineData("000000 00 00 00000003", Http2ErrorCode.ProtocolError)]            // a stream that is idle (§5.1)
    [InlineData("000000 00 00 00000002", Http2ErrorCode.ProtocolError)]            // a stream of the server's
    [InlineData("000000 01 04 00000000", Http2ErrorCode.ProtocolError)]            // HEADERS on stream 0 (§6.2)
    [InlineData("000001 01 0c 00000001 01", Http2ErrorCode.ProtocolError)]         // padding beyond the end (§6.2)
    [InlineData("000004 01 24 00000001 00000000", Http2ErrorCode.FrameSizeError)]  // priority cut short
    [InlineData("000001 01 04 00000001 80", Http2ErrorCode.CompressionError)]      // index 0 (§4.3)
    [InlineData("000005 02 00 00000000 0000000000", Http2ErrorCode.ProtocolError)] // PRIORITY on stream 0 (§6.3)
    [InlineData("000004 02 00 00000001 00000000", Http2ErrorCode.FrameSizeError)]  // PRIORITY of 4 bytes
    [InlineData("000004 03 00 00000000 00000000", Http2ErrorCode.ProtocolError)]   // RST_STREAM on stream 0 (§6.4)
    [InlineData("000003 03 00 00000001 000000", Http2ErrorCode.FrameSizeError)]    // RST_STREAM of 3 bytes
    [InlineData("000004 03 00 00000005 00000000", Http2ErrorCode.ProtocolError)]   // RST_STREAM of an idle stream
    [InlineData("000000 04 00 00000001", Http2ErrorCode.ProtocolError)]            // SETTINGS on a stream (§6.5)
    [InlineData("000005 04 00 00000000 0000000000", Http2ErrorCode.FrameSizeError)] // not a whole setting
    [InlineData("000006 04 01 00000000 000000000000", Http2ErrorCode.FrameSizeError)] // an answer with content
    [InlineData("000006 04 00 00000000 0002 00000001", Http2ErrorCode.ProtocolError)] // push enabled (§6.5.2)
    [InlineData("000006 04 00 00000000 0004 80000000", Http2ErrorCode.FlowControlError)] // window of 2^31
    [InlineData("000006 04 00 00000000 0005 00003fff", Http2ErrorCode.ProtocolError)] // frame size of 16,383
    [InlineData("000006 04 00 00000000 0005 01000000", Http2ErrorCode.ProtocolError)] // frame size of 2^24
    [InlineData("000004 05 04 00000001 00000002", Http2ErrorCode.ProtocolError)]   // PUSH_PROMISE (§6.6)
    [InlineData("000008 06 00 00000001 0000000000000000", Http2ErrorCode.ProtocolError)] // PING on a stream (§6.7)
    [InlineData("000007 06 00 00000000 00000000000000", Http2ErrorCode.FrameSizeError)]
    [InlineData("000008 07 00 00000001 0000000000000000", Http2ErrorCode.ProtocolError)] // GOAWAY on a stream (§6.8)
    [InlineData("000007 07 00 00000000 00000000000000", Http2ErrorCode.FrameSizeError)]
    [InlineData("000004 08 00 00000000 00000000", Http2ErrorCode.ProtocolError)]   // WINDOW_UPDATE of 0 (§6.9)
    [InlineData("000004 08 00 00000000 7fffffff", Http2ErrorCode.FlowControlError)] // beyond 2^31-1 (§6.9.1)
    [InlineData("000003 08 00 00000000 000000", Http2ErrorCode.FrameSizeError)]
    [InlineData("000000 09 04 00000001", Http2ErrorCode.ProtocolError)]            // CONTINUATION of nothing (§6.10)
    [InlineData("000000 01 00 00000001 000000 00 00 00000001", Http2ErrorCode.ProtocolError)] // DATA inside a header block
    [InlineData("000000 01 00 00000001 000000 09 04 00000003", Http2ErrorCode.ProtocolError)] // another stream's
    [InlineData("100001 00 00 00000001", Http2ErrorCode.FrameSizeError)]           // above our limit (§4.2)
    [InlineData("0fffff 01 04 00000001", Http2ErrorCode.EnhanceYourCalm)]          // headers that we would have to hold
    public async Task A_bad_frame_ends_the_connection(string hex, Http2ErrorCode expected)
    {
        await using var peer = new ScriptedPeer();
        using AsyncServerStreamingCall<byte[]> call = peer.Invoker.AsyncServerStreamingCall(ServerStream, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        await connection.ReadUnaryAsync();

        await connection.SendRawAsync(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Equal(expected, await connection.ReadGoodbyeAsync());
    }

    [Fact]
    public async Task The_first_frame_must_be_settings()
    {
        await using var peer = new ScriptedPeer();
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(BytesMethod.Of(MethodType.Unary, "Any"), null, default, [1]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptRawAsync();

        await connection.SendAsync(FrameType.Ping, FrameFlags.None, 0, new byte[8]);

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Contains("does not speak HTTP/2", failure.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_data_than_the_streams_window_ends_the_connection()
    {
        await using var peer = new ScriptedPeer(new Http2Options { StreamWindowBytes = 65_535 });
        using AsyncServerStreamingCall<byte[]> call = peer.Invoker.AsyncServerStreamingCall(ServerStream, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();
        await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);

        // One message that nobody reads; what comes behind it counts against the window until someone does.
        await connection.SendMessageAsync(streamId, new byte[1]);
        await connection.SendMessageAsync(streamId, new byte[65_535 - 6 - 5]);
        await connection.SendDataAsync(streamId, [0]);

        Assert.Equal(Http2ErrorCode.FlowControlError, await connection.ReadGoodbyeAsync());
    }

    [Fact]
    public async Task More_data_than_the_connections_window_ends_the_connection()
    {
        await using var peer = new ScriptedPeer(new Http2Options { ConnectionWindowBytes = 65_535 });
        using AsyncServerStreamingCall<byte[]> call = peer.Invoker.AsyncServerStreamingCall(ServerStream, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();
        await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);

        await connection.SendDataAsync(streamId, new byte[65_536]);

        Assert.Equal(Http2ErrorCode.FlowControlError, await connection.ReadGoodbyeAsync());
    }

    [Fact]
    public async Task A_zero_window_update_of_a_stream_ends_that_stream_alone()
    {
        await using var peer = new ScriptedPeer();
        using AsyncServerStreamingCall<byte[]> bad = peer.Invoker.AsyncServerStreamingCall(ServerStream, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int badId, _) = await connection.ReadUnaryAsync();

        await connection.SendNumberAsync(FrameType.WindowUpdate, badId, 0);

        ReceivedFrame reset = await connection.ReadAsync(FrameType.RstStream);
        Assert.Equal((badId, (uint)Http2ErrorCode.ProtocolError), (reset.Header.StreamId, reset.Number()));
        await Assert.ThrowsAsync<RpcException>(() => bad.ResponseStream.MoveNext(default));
        Task<byte[]> good = peer.Invoker.AsyncUnaryCall(BytesMethod.Of(MethodType.Unary, "Any"), null, default, [2]).ResponseAsync;
        (int goodId, _) = await connection.ReadUnaryAsync();
        await connection.AnswerAsync(goodId, [3]);
        Assert.Equal([3], await good);
    }

    [Fact]
    public async Task Endless_continuations_end_the_connection()
    {
        await using var peer = new ScriptedPeer();
        using AsyncServerStreamingCall<byte[]> call = peer.Invoker.AsyncServerStreamingCall(ServerStream, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();

        await connection.SendAsync(FrameType.Headers, FrameFlags.None, streamId, []);
        for (int i = 0; i < 257; i++)
        {
            await connection.SendAsync(FrameType.Continuation, FrameFlags.None, streamId, []);
        }

        Assert.Equal(Http2ErrorCode.EnhanceYourCalm, await connection.ReadGoodbyeAsync());
    }

    [Fact]
    public async Task A_server_that_pings_and_never_reads_is_cut_off()
    {
        await using var peer = new ScriptedPeer(new Http2Options { SocketSendBufferBytes = 4096 });
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(
            BytesMethod.Of(MethodType.Unary, "Any"), null, default, new byte[8_000_000]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptAsync(((ushort)SettingId.InitialWindowSize, int.MaxValue));
        await connection.ReadRequestAsync();
        await connection.SendNumberAsync(FrameType.WindowUpdate, 0, 100_000_000); // so that the client's sender gets stuck
        byte[] pings = [.. Enumerable.Repeat(Convert.FromHexString("0000080600000000000000000000000000"), 100).SelectMany(ping => ping)];

        try
        {
            while (!call.IsCompleted)
            {
                await connection.SendRawAsync(pings);
            }
        }
        catch (IOException)
        {
            // cut off already
        }

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Contains("PING", failure.Status.Detail, StringComparison.Ordinal);
    }
}
