using Grpc.Core;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>Windows, frame sizes and numbers of streams, as the server sets them and as we do (RFC 9113 §5.2, §6.9).</summary>
public sealed class FlowControlTests
{
    private static readonly Method<byte[], byte[]> Unary = BytesMethod.Of(MethodType.Unary, "Any");
    private static readonly Method<byte[], byte[]> ServerStream = BytesMethod.Of(MethodType.ServerStreaming, "Any");
    private static readonly Method<byte[], byte[]> Duplex = BytesMethod.Of(MethodType.DuplexStreaming, "Any");

    [Fact]
    public async Task Nothing_is_sent_beyond_the_streams_window()
    {
        await using var peer = new ScriptedPeer();
        byte[] request = BytesMethod.Random(1, 300);
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, request);
        ScriptedConnection connection = await peer.AcceptAsync(((ushort)SettingId.InitialWindowSize, 100));
        (int streamId, _) = await connection.ReadRequestAsync();
        byte[] framed = ScriptedConnection.Framed(request);

        ReceivedFrame first = await connection.ReadAsync(FrameType.Data);
        Assert.Equal(framed[..100], first.Payload);
        await connection.SendNumberAsync(FrameType.WindowUpdate, streamId, 7);
        Assert.Equal(framed[100..107], (await connection.ReadAsync(FrameType.Data)).Payload);
        await connection.SendNumberAsync(FrameType.WindowUpdate, streamId, 1_000);
        ReceivedFrame last = await connection.ReadAsync(FrameType.Data);

        Assert.Equal(framed[107..], last.Payload);
        Assert.True(last.Header.Has(FrameFlags.EndStream));
        Assert.False(first.Header.Has(FrameFlags.EndStream));
    }

    [Fact]
    public async Task Nothing_is_sent_beyond_the_connections_window_and_streams_share_it()
    {
        await using var peer = new ScriptedPeer();
        using AsyncUnaryCall<byte[]> one = peer.Invoker.AsyncUnaryCall(Unary, null, default, new byte[60_000]);
        ScriptedConnection connection = await peer.AcceptAsync(((ushort)SettingId.InitialWindowSize, 1_000_000));
        (int first, _) = await connection.ReadUnaryAsync();
        using AsyncUnaryCall<byte[]> two = peer.Invoker.AsyncUnaryCall(Unary, null, default, new byte[10_000]);
        (int second, _) = await connection.ReadRequestAsync();

        ReceivedFrame part = await connection.ReadAsync(FrameType.Data);
        Assert.Equal(65_535 - 60_005, part.Payload.Length);
        await connection.AnswerAsync(first, []);
        await connection.SendNumberAsync(FrameType.WindowUpdate, 0, 100_000);
        ReceivedFrame rest = await connection.ReadAsync(FrameType.Data);

        Assert.Equal(second, rest.Header.StreamId);
        Assert.Equal(10_005 - part.Payload.Length, rest.Payload.Length);
    }

    [Fact]
    public async Task A_smaller_initial_window_may_make_the_windows_of_open_streams_negative()
    {
        await using var peer = new ScriptedPeer();
        byte[] framed = ScriptedConnection.Framed(new byte[300]);
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, default, new byte[300]);
        ScriptedConnection connection = await peer.AcceptAsync(((ushort)SettingId.InitialWindowSize, 100));
        (int streamId, _) = await connection.ReadRequestAsync();
        Assert.Equal(100, (await connection.ReadAsync(FrameType.Data)).Payload.Length);

        await connection.SendSettingsAsync(((ushort)SettingId.InitialWindowSize, 40)); // now at -60
        await connection.SendNumberAsync(FrameType.WindowUpdate, streamId, 60);        // at 0
        await connection.SendNumberAsync(FrameType.WindowUpdate, streamId, 5);
        Assert.Equal(5, (await connection.ReadAsync(FrameType.Data)).Payload.Length);
        await connection.SendSettingsAsync(((ushort)SettingId.InitialWindowSize, 1_040));

        Assert.Equal(framed.Length - 105, (await connection.ReadAsync(FrameType.Data)).Payload.Length);
    }

    [Fact]
    public async Task Frames_are_no_larger_than_the_server_allows_and_we_want()
    {
        await using var peer = new ScriptedPeer(new Http2Options { MaxSendFrameBytes = 30_000 });
        using AsyncUnaryCall<byte[]> small = peer.Invoker.AsyncUnaryCall(Unary, null, default, new byte[20_000]);
        ScriptedConnection connection = await peer.AcceptAsync();
        await connection.ReadRequestAsync();
        Assert.Equal(16_384, (await connection.ReadAsync(FrameType.Data)).Payload.Length);
        Assert.Equal(20_005 - 16_384, (await connection.ReadAsync(FrameType.Data)).Payload.Length);

        await connection.SendSettingsAsync(((ushort)SettingId.MaxFrameSize, 100_000));
        await connection.ReadAsync(FrameType.Settings);
        using AsyncUnaryCall<byte[]> large = peer.Invoker.AsyncUnaryCall(Unary, null, default, new byte[40_000]);
        await connection.ReadRequestAsync();

        Assert.Equal(30_000, (await connection.ReadAsync(FrameType.Data)).Payload.Length);
        Assert.Equal(10_005, (await connection.ReadAsync(FrameType.Data)).Payload.Length);
    }

    [Fact]
    public async Task Large_headers_go_on_in_continuations()
    {
        await using var peer = new ScriptedPeer();
        var options = new CallOptions(headers: new Metadata { { "x-large", new string('x', 40_000) } });
        using AsyncUnaryCall<byte[]> call = peer.Invoker.AsyncUnaryCall(Unary, null, options, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();

        ReceivedFrame headers = await connection.ReadAsync(FrameType.Headers);
        ReceivedFrame second = await connection.ReadAsync();
        ReceivedFrame third = await connection.ReadAsync();

        Assert.Equal((16_384, FrameFlags.None), (headers.Payload.Length, headers.Header.Flags));
        Assert.Equal((FrameType.Continuation, 16_384, FrameFlags.None), (second.Header.Type, second.Payload.Length, second.Header.Flags));
        Assert.Equal((FrameType.Continuation, FrameFlags.EndHeaders), (third.Header.Type, third.Header.Flags));
        Assert.All([headers, second, third], frame => Assert.Equal(1, frame.Header.StreamId));
    }

    [Fact]
    public async Task No_more_streams_are_open_than_the_server_allows()
    {
        await using var peer = new ScriptedPeer(new Http2Options { MaxConnections = 1 });
        Task<byte[]>[] calls =
            [.. Enumerable.Range(0, 5).Select(i => peer.Invoker.AsyncUnaryCall(Unary, null, default, [(byte)i]).ResponseAsync)];
        ScriptedConnection connection = await peer.AcceptAsync(((ushort)SettingId.MaxConcurrentStreams, 2));
        (int first, byte[] firstMessage) = await connection.ReadUnaryAsync();
        (int second, byte[] secondMessage) = await connection.ReadUnaryAsync();

        // A third request would have come before the answer to this ping.
        await connection.SendAsync(FrameType.Ping, FrameFlags.None, 0, new byte[8]);
        await connection.ReadAsync(FrameType.Ping);
        await connection.AnswerAsync(first, firstMessage);
        (int third, byte[] thirdMessage) = await connection.ReadUnaryAsync();
        await connection.SendSettingsAsync(((ushort)SettingId.MaxConcurrentStreams, 100));
        (int fourth, byte[] fourthMessage) = await connection.ReadUnaryAsync();
        (int fifth, byte[] fifthMessage) = await connection.ReadUnaryAsync();
        await connection.AnswerAsync(second, secondMessage);
        await connection.AnswerAsync(third, thirdMessage);
        await connection.AnswerAsync(fourth, fourthMessage);
        await connection.AnswerAsync(fifth, fifthMessage);

        byte[][] answers = await Task.WhenAll(calls);
        Assert.Equal([0, 1, 2, 3, 4], answers.Select(answer => (int)answer[0]));
        Assert.Equal([1, 3, 5, 7, 9], new[] { first, second, third, fourth, fifth });
    }

    [Fact]
    public async Task A_full_connection_gets_a_second_one_where_allowed()
    {
        await using var peer = new ScriptedPeer(new Http2Options { MaxConnections = 2 });
        Task<byte[]> one = peer.Invoker.AsyncUnaryCall(Unary, null, default, [1]).ResponseAsync;
        ScriptedConnection first = await peer.AcceptAsync(((ushort)SettingId.MaxConcurrentStreams, 1));
        (int firstId, _) = await first.ReadUnaryAsync();

        Task<byte[]> two = peer.Invoker.AsyncUnaryCall(Unary, null, default, [2]).ResponseAsync;
        ScriptedConnection second = await peer.AcceptAsync(((ushort)SettingId.MaxConcurrentStreams, 1));
        (int secondId, _) = await second.ReadUnaryAsync();
        await second.AnswerAsync(secondId, [22]);
        await first.AnswerAsync(firstId, [11]);

        Assert.Equal([22], await two);
        Assert.Equal([11], await one);
    }

    [Fact]
    public async Task Window_updates_come_at_half_the_window_and_only_for_what_was_read()
    {
        await using var peer = new ScriptedPeer(new Http2Options { StreamWindowBytes = 100_000, ConnectionWindowBytes = 65_535 });
        using AsyncServerStreamingCall<byte[]> call = peer.Invoker.AsyncServerStreamingCall(ServerStream, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();
        await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);

        // The connection's window is given back as bytes arrive: at half of it, although nobody reads the stream.
        await connection.SendMessageAsync(streamId, new byte[29_995]);
        await connection.SendMessageAsync(streamId, new byte[29_995]);
        ReceivedFrame update = await connection.ReadAsync(FrameType.WindowUpdate);
        Assert.Equal((0, 60_000u), (update.Header.StreamId, update.Number()));

        // The stream's window is given back as messages are taken.
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.True(await call.ResponseStream.MoveNext(default));
        update = await connection.ReadAsync(FrameType.WindowUpdate);
        Assert.Equal((streamId, 60_000u), (update.Header.StreamId, update.Number()));
    }

    [Fact]
    public async Task A_message_larger_than_the_window_passes()
    {
        await using var peer = new ScriptedPeer(new Http2Options { StreamWindowBytes = 65_535 });
        using AsyncServerStreamingCall<byte[]> call = peer.Invoker.AsyncServerStreamingCall(ServerStream, null, default, [1]);
        ScriptedConnection connection = await peer.AcceptAsync();
        (int streamId, _) = await connection.ReadUnaryAsync();
        await connection.SendHeadersAsync(streamId, ScriptedConnection.OkHeaders);
        byte[] message = BytesMethod.Random(1, 200_000);
        byte[] framed = ScriptedConnection.Framed(message);
        int window = 65_535;

        for (int at = 0; at < framed.Length;)
        {
            while (window == 0)
            {
                ReceivedFrame update = await connection.ReadAsync(FrameType.WindowUpdate);
                window += update.Header.StreamId == streamId ? (int)update.Number() : 0;
            }

            int count = Math.Min(Math.Min(window, 16_384), framed.Length - at);
            await connection.SendDataAsync(streamId, framed[at..(at + count)]);
            at += count;
            window -= count;
        }

        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.True(message.AsSpan().SequenceEqual(call.ResponseStream.Current));
    }

    [Fact]
    public async Task A_writer_waits_when_the_server_does_not_read_and_goes_on_when_it_does()
    {
        await using var peer = new ScriptedPeer(new Http2Options { WriteBufferBytes = 50_000 });
        using AsyncDuplexStreamingCall<byte[], byte[]> call = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        ScriptedConnection connection = await peer.AcceptAsync(((ushort)SettingId.InitialWindowSize, 0));
        (int streamId, _) = await connection.ReadRequestAsync();

        Assert.True(call.RequestStream.WriteAsync(new byte[49_000]).IsCompletedSuccessfully);
        Task second = call.RequestStream.WriteAsync(new byte[49_000]);
        Assert.False(second.IsCompleted);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync([1])); // one at a time
        await connection.SendNumberAsync(FrameType.WindowUpdate, streamId, 60_000);

        await second;
    }

    [Fact]
    public async Task A_waiting_writer_hears_of_the_end_of_the_call()
    {
        await using var peer = new ScriptedPeer(new Http2Options { WriteBufferBytes = 0 });
        using AsyncDuplexStreamingCall<byte[], byte[]> call = peer.Invoker.AsyncDuplexStreamingCall(Duplex, null, default);
        ScriptedConnection connection = await peer.AcceptAsync(((ushort)SettingId.InitialWindowSize, 0));
        (int streamId, _) = await connection.ReadRequestAsync();
        Task writing = call.RequestStream.WriteAsync(new byte[1]);
        Assert.False(writing.IsCompleted);

        await connection.SendNumberAsync(FrameType.RstStream, streamId, (uint)Http2ErrorCode.EnhanceYourCalm);

        Assert.Equal(StatusCode.ResourceExhausted, (await Assert.ThrowsAsync<RpcException>(() => writing)).StatusCode);
        RpcException late = await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync([2]));
        Assert.Equal(StatusCode.ResourceExhausted, late.StatusCode);
    }
}
