using System.IO.Compression;
using Grpc.Core;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Http2.Hpack;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>What a response may look like, and what becomes of those that are wrong.</summary>
public sealed class ResponseTests
{
    private static readonly Method<byte[], byte[]> Unary = BytesMethod.Of(MethodType.Unary, "Any");
    private static readonly Method<byte[], byte[]> Duplex = BytesMethod.Of(MethodType.DuplexStreaming, "Any");

    [Fact]
    public async Task Padding_priority_continuations_and_unknown_frames_change_nothing()
    {
        await using var peer = new ScriptedPeer();
        Task<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection connection = await peer.AcceptAsync((0x99, 1)); // a setting that nobody knows
        (int streamId, _) = await connection.ReadUnaryAsync();
        byte[] headers = ScriptedConnection.Encode(ScriptedConnection.OkHeaders);
        byte[] framed = ScriptedConnection.Framed([1, 2, 3, 4]);

        await connection.SendAsync((FrameType)0xbe, (FrameFlags)0xff, 77, new byte[5_000]);
        await connection.SendAsync(FrameType.Priority, FrameFlags.None, streamId, new byte[5]);
        await connection.SendAsync(
            FrameType.Headers, FrameFlags.Padded | FrameFlags.Priority, streamId, [3, 0, 0, 0, 0, 0, .. headers[..2], 0, 0, 0]);
        await connection.SendAsync(FrameType.Continuation, FrameFlags.None, streamId, []);
        await connection.SendAsync(FrameType.Continuation, FrameFlags.EndHeaders, streamId, headers[2..]);
        await connection.SendDataAsync(streamId, [200, .. framed[..3], .. new byte[200]], FrameFlags.Padded);
        await connection.SendDataAsync(streamId, []);
        await connection.SendDataAsync(streamId, [0, .. framed[3..7]], FrameFlags.Padded);
        await connection.SendAsync(FrameType.Ping, FrameFlags.Ack, 0, new byte[8]); // an answer that nobody asked for
        await connection.SendDataAsync(streamId, framed[7..]);
        await connection.SendTrailersAsync(streamId);

        Assert.Equal([1, 2, 3, 4], await call);
    }

    [Fact]
    public async Task Every_way_of_cutting_the_stream_of_messages_gives_the_same_messages()
    {
        byte[] all = [.. new[] { 0, 1, 4, 300, 0, 3_000 }.SelectMany(
            (length, i) => ScriptedConnection.Framed(BytesMethod.Random(i, length)))];
        await using var peer = new ScriptedPeer();
        for (int pieceBytes = 1; pieceBytes < all.Length; pieceBytes = (pieceBytes * 3 / 2) + 1)
        {
            using AsyncDuplexStreamingCall<byte[], byte[]> call = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
            ScriptedConnection connection = peer.Last ?? await peer.AcceptAsync();
            (int streamId, _) = await connection.ReadRequestAsync();
            await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);
            foreach (byte[] piece in all.Chunk(pieceBytes))
            {
                await connection.SendDataAsync(streamId, piece);
            }

            await connection.SendTrailersAsync(streamId);

            foreach ((int length, int i) in new[] { 0, 1, 4, 300, 0, 3_000 }.Select((length, i) => (length, i)))
            {
                Assert.True(await call.ResponseStream.MoveNext(default));
                Assert.Equal(BytesMethod.Random(i, length), call.ResponseStream.Current);
            }

            Assert.False(await call.ResponseStream.MoveNext(default));
            Assert.Equal(Http2ErrorCode.NoError, (Http2ErrorCode)(await connection.ReadAsync(FrameType.RstStream)).Number());
        }
    }

    [Fact]
    public async Task Trailers_alone_are_a_whole_answer()
    {
        await using var peer = new ScriptedPeer();
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();

        await connection.SendHeadersAsync(
            streamId,
            [.. ScriptedConnection.OkHeaders, new("grpc-status", "7"), new("grpc-message", "no %C3%BC"), new("x-why", "rule 3")],
            endStream: true);

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync);
        Assert.Equal(new Status(StatusCode.PermissionDenied, "no ü"), failure.Status);
        Assert.Equal("rule 3", failure.Trailers.GetValue("x-why"));
        Assert.Equal("rule 3", call.GetTrailers().GetValue("x-why"));
        await Assert.ThrowsAsync<RpcException>(() => call.ResponseHeadersAsync);
    }

    [Fact]
    public async Task Headers_and_trailers_arrive_as_metadata_without_those_of_the_protocol()
    {
        await using var peer = new ScriptedPeer();
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();
        Assert.Throws<InvalidOperationException>(() => call.GetStatus());
        await connection.SendHeadersAsync(streamId, [new(":status", "103"), new("x-hint", "ignored")]);
        await connection.SendHeadersAsync(streamId, [.. ScriptedConnection.OkHeaders, new("x-a", "1"), new("x-b-bin", "AQI=")]);

        Metadata headers = await call.ResponseHeadersAsync;
        await connection.SendMessageAsync(streamId, [9]);
        await connection.SendHeadersAsync(streamId, [.. ScriptedConnection.OkTrailers, new("x-c", "3")], endStream: true);

        Assert.Equal([9], await call);
        Assert.Equal(["x-a", "x-b-bin"], headers.Select(entry => entry.Key));
        Assert.Equal([1, 2], headers.GetValueBytes("x-b-bin"));
        Assert.Equal(["x-c"], call.GetTrailers().Select(entry => entry.Key));
    }

    [Theory]
    [InlineData("404", "text/html", StatusCode.Unimplemented)]
    [InlineData("503", "text/plain", StatusCode.Unavailable)]
    [InlineData("401", "application/grpc", StatusCode.Unauthenticated)]
    [InlineData("200", "text/html", StatusCode.Unknown)]
    [InlineData("none", "application/grpc", StatusCode.Internal)]
    public async Task Answers_that_are_not_gRPC_become_a_status_and_are_cancelled(string status, string contentType, StatusCode expected)
    {
        await using var peer = new ScriptedPeer();
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();

        await connection.SendHeadersAsync(streamId, [new(":status", status), new("content-type", contentType)]);
        await connection.SendDataAsync(streamId, new byte[100]);

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        Assert.Equal((uint)Http2ErrorCode.Cancel, (await connection.ReadAsync(FrameType.RstStream)).Number());
    }

    public static TheoryData<string, StatusCode> BrokenBodies => new()
    {
        { "02 00000001 00", StatusCode.Internal },             // neither 0 nor 1 before the length
        { "00 00000065" + Zeros(101), StatusCode.ResourceExhausted }, // above the limit of 100
        { "00 7fffffff 00", StatusCode.ResourceExhausted },
        { "00 ffffffff 00", StatusCode.ResourceExhausted },
        { "01 00000001 00", StatusCode.Internal },             // compressed, but the call names no encoding
        { "00 0000000a 00", StatusCode.Internal },             // ends in the middle
        { "00 0000", StatusCode.Internal },                    // ends in the prefix
        { "", StatusCode.Internal },                           // OK without a response
        { "00 00000000 00 00000000", StatusCode.Internal },    // two responses to a call that has one
    };

    [Theory]
    [MemberData(nameof(BrokenBodies))]
    public async Task Broken_bodies_become_a_status(string hex, StatusCode expected)
    {
        await using var peer = new ScriptedPeer(new Http2Options { MaxReceiveMessageBytes = 100 });
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();

        await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);
        await connection.SendDataAsync(streamId, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        await connection.SendTrailersAsync(streamId);

        Assert.Equal(expected, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task DATA_with_END_STREAM_lacks_its_trailers()
    {
        await using var peer = new ScriptedPeer();
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();
        await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);

        await connection.SendDataAsync(streamId, ScriptedConnection.Framed([1]), FrameFlags.EndStream);

        Assert.Equal(StatusCode.Internal, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
    }

    [Fact]
    public async Task Too_many_headers_are_resource_exhausted_and_the_connection_lives()
    {
        await using var peer = new ScriptedPeer(new Http2Options { MaxHeaderListBytes = 2_000 });
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();

        await connection.SendHeadersAsync(
            streamId, [.. ScriptedConnection.OkHeaders, .. Enumerable.Range(0, 60).Select(i => new HeaderField("x", $"{i}"))]);

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync)).StatusCode);
        Task<byte[]> next = peer.Invoker.AsyncUnaryCall(Unary, null, default, [2]).ResponseAsync;
        Assert.Equal((uint)Http2ErrorCode.Cancel, (await connection.ReadAsync(FrameType.RstStream)).Number());
        (int nextId, _) = await connection.ReadUnaryAsync();
        await connection.AnswerAsync(nextId, [22]);
        Assert.Equal([22], await next);
    }

    [Fact]
    public async Task gzip_is_unpacked_and_its_bombs_are_not()
    {
        await using var peer = new ScriptedPeer(new Http2Options { MaxReceiveMessageBytes = 100_000 });
        using AsyncDuplexStreamingCall<byte[], byte[]> call = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, Dictionary<string, string> headers) = await connection.ReadRequestAsync();
        Assert.Equal("identity,gzip", headers["grpc-accept-encoding"]);
        await connection.SendHeadersAsync(streamId, [.. ScriptedConnection.OkHeaders, new("grpc-encoding", "gzip")]);
        await connection.SendDataAsync(streamId, ScriptedConnection.Framed(Gzip(new byte[100_000]), compressed: true));
        await connection.SendDataAsync(streamId, ScriptedConnection.Framed([5])); // not every message need be
        await connection.SendDataAsync(streamId, ScriptedConnection.Framed(Gzip(new byte[100_001]), compressed: true));

        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal(100_000, call.ResponseStream.Current.Length);
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal([5], call.ResponseStream.Current);
        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        Assert.Equal((uint)Http2ErrorCode.Cancel, (await connection.ReadAsync(FrameType.RstStream)).Number());
    }

    [Fact]
    public async Task Requests_are_compressed_where_asked_for()
    {
        await using var peer = new ScriptedPeer(new Http2Options { CompressRequests = true });
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, new byte[10_000]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (_, Dictionary<string, string> headers) = await connection.ReadRequestAsync();
        Assert.Equal("gzip", headers["grpc-encoding"]);

        ReceivedFrame data = await connection.ReadAsync(FrameType.Data);

        Assert.Equal(1, data.Payload[0]);
        using var unpacked = new MemoryStream();
        using (var gzip = new GZipStream(new MemoryStream(data.Payload[5..]), CompressionMode.Decompress))
        {
            await gzip.CopyToAsync(unpacked);
        }

        Assert.Equal(10_000, unpacked.Length);
    }

    [Fact]
    public async Task An_answer_before_the_end_of_the_requests_ends_the_call()
    {
        await using var peer = new ScriptedPeer();
        using AsyncDuplexStreamingCall<byte[], byte[]> call = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        await call.RequestStream.WriteAsync([1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadRequestAsync();
        await connection.ReadAsync(FrameType.Data);

        await connection.AnswerAsync(streamId, [2]);

        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.False(await call.ResponseStream.MoveNext(default));
        Assert.Equal((uint)Http2ErrorCode.NoError, (await connection.ReadAsync(FrameType.RstStream)).Number());
        await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync([3]));
    }

    private static string Zeros(int bytes) => new('0', bytes * 2);

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}
