using Google.Protobuf;
using Grpc.Core;
using RaftStream.Rpc.Tests.Probes;
using RaftStream.Rpc.Tests.V1;

namespace RaftStream.Rpc.Tests;

public sealed class CancellationTests
{
    [Fact]
    public async Task Cancelled_unary_call_reaches_the_handler()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        using var cancellation = new CancellationTokenSource();
        AsyncUnaryCall<Pong> call = probe.Client.WaitAsync(new Ping(), cancellationToken: cancellation.Token);
        await Eventually.TrueAsync(() => probe.Service.Waiting == 1, "the handler to run");

        await cancellation.CancelAsync();

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () => await call);
        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
        await Eventually.TrueAsync(() => probe.Service.Cancelled == 1, "the handler to be cancelled");
    }

    [Fact]
    public async Task Disposed_call_reaches_the_handler()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        AsyncUnaryCall<Pong> call = probe.Client.WaitAsync(new Ping());
        await Eventually.TrueAsync(() => probe.Service.Waiting == 1, "the handler to run");

        call.Dispose();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        await Eventually.TrueAsync(() => probe.Service.Cancelled == 1, "the handler to be cancelled");
    }

    [Fact]
    public async Task Closed_channel_ends_its_calls_as_unavailable()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        AsyncUnaryCall<Pong> call = probe.Client.WaitAsync(new Ping());
        await Eventually.TrueAsync(() => probe.Service.Waiting == 1, "the handler to run");

        await probe.Channel.ShutdownAsync();

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
        await Eventually.TrueAsync(() => probe.Service.Cancelled == 1, "the handler to be cancelled");
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(async () => await probe.Client.EchoAsync(new Ping()))).StatusCode);
    }

    [Fact]
    public async Task Token_that_is_cancelled_already_sends_nothing()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();

        RpcException exception = await Assert.ThrowsAsync<RpcException>(
            async () => await probe.Client.WaitAsync(new Ping(), cancellationToken: new CancellationToken(canceled: true)));

        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
        Assert.Equal(0, probe.Service.Cancelled);
    }

    [Fact]
    public async Task Reset_stream_wakes_a_handler_that_reads()
    {
        var method = Methods.Define(MethodType.DuplexStreaming, "Reads");
        var reading = new TaskCompletionSource();
        var thrown = new TaskCompletionSource<Exception?>();
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapDuplex(method, async (requests, _, context) =>
            {
                Task<bool> next = requests.MoveNext();
                reading.SetResult();
                thrown.SetResult(await Record.ExceptionAsync(() => next));
                Assert.True(context.CancellationToken.IsCancellationRequested);
            }));
        var call = probe.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, default);
        await reading.Task;

        call.Dispose();

        Assert.IsAssignableFrom<OperationCanceledException>(await Eventually.EndsAsync(thrown.Task, "the reader to wake up"));
    }

    [Fact]
    public async Task Reset_stream_wakes_a_handler_that_waits_for_the_client_to_read()
    {
        var method = Methods.Define(MethodType.ServerStreaming, "Floods");
        var thrown = new TaskCompletionSource<Exception?>();
        int written = 0;
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapServerStreaming(method, async (_, responses, _) =>
            {
                thrown.SetResult(await Record.ExceptionAsync(async () =>
                {
                    byte[] megabyte = new byte[1024 * 1024];
                    while (true)
                    {
                        await responses.WriteAsync(megabyte);
                        Interlocked.Increment(ref written);
                    }
                }));
            }));
        var call = probe.Channel.CreateCallInvoker().AsyncServerStreamingCall(method, null, default, []);
        Assert.True(await call.ResponseStream.MoveNext());
        await Eventually.TrueAsync(() => Volatile.Read(ref written) > 3, "the window to fill up");

        call.Dispose();

        Assert.IsAssignableFrom<OperationCanceledException>(await Eventually.EndsAsync(thrown.Task, "the writer to wake up"));
    }

    [Fact]
    public async Task Token_of_a_read_gives_up_the_call()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        using AsyncDuplexStreamingCall<Ping, Pong> call = probe.Client.Chat();
        using var cancellation = new CancellationTokenSource();
        Task<bool> reading = call.ResponseStream.MoveNext(cancellation.Token);

        await cancellation.CancelAsync();

        RpcException exception = await Assert.ThrowsAsync<RpcException>(() => Eventually.EndsAsync(reading, "the read to end"));
        Assert.Equal(StatusCode.Cancelled, exception.StatusCode);
    }

    [Fact]
    public async Task Handler_may_end_before_the_requests_do()
    {
        var method = Methods.Define(MethodType.ClientStreaming, "Enough");
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapClientStreaming(method, async (requests, _) =>
            {
                await requests.MoveNext();
                return "enough"u8.ToArray();
            }));
        using var call = probe.Channel.CreateCallInvoker().AsyncClientStreamingCall(method, null, default);
        await call.RequestStream.WriteAsync([1]);

        Assert.Equal("enough"u8.ToArray(), await Eventually.EndsAsync(call.ResponseAsync, "the response"));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        await Assert.ThrowsAsync<RpcException>(() => call.RequestStream.WriteAsync([2]));
    }

    [Fact]
    public async Task Write_that_hits_an_ended_call_tells_its_status()
    {
        var method = Methods.Define(MethodType.ClientStreaming, "Refuses");
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapClientStreaming(
                method, (_, _) => throw new RpcException(new Status(StatusCode.PermissionDenied, "not you"))));
        using var call = probe.Channel.CreateCallInvoker().AsyncClientStreamingCall(method, null, default);

        RpcException exception = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(new byte[100_000]);
            }
        });

        Assert.Equal(StatusCode.PermissionDenied, exception.StatusCode);
        Assert.Equal("not you", (await Assert.ThrowsAsync<RpcException>(async () => await call)).Status.Detail);
    }

    [Fact]
    public async Task Streams_of_an_ended_call_cannot_be_used()
    {
        var method = Methods.Define(MethodType.DuplexStreaming, "Leaks");
        IAsyncStreamReader<byte[]>? leakedReader = null;
        IServerStreamWriter<byte[]>? leakedWriter = null;
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapDuplex(method, (requests, responses, _) =>
        {
            (leakedReader, leakedWriter) = (requests, responses);
            return Task.CompletedTask;
        }));
        using var call = probe.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, default);
        Assert.False(await call.ResponseStream.MoveNext());

        await Assert.ThrowsAsync<InvalidOperationException>(() => leakedReader!.MoveNext());
        await Assert.ThrowsAsync<InvalidOperationException>(() => leakedWriter!.WriteAsync([1]));
    }

    [Fact]
    public async Task Messages_written_without_awaiting_them_arrive_before_the_end()
    {
        var method = Methods.Define(MethodType.ServerStreaming, "Hasty");
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapServerStreaming(method, (_, responses, _) =>
        {
            for (int i = 0; i < 10; i++)
            {
                _ = responses.WriteAsync([(byte)i]);
            }

            return Task.CompletedTask;
        }));
        using var call = probe.Channel.CreateCallInvoker().AsyncServerStreamingCall(method, null, default, []);

        var received = new List<byte>();
        await foreach (byte[] message in call.ResponseStream.ReadAllAsync())
        {
            received.Add(message[0]);
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => (byte)i), received);
    }

    [Fact]
    public async Task Cancelled_calls_leave_no_memory_behind()
    {
        await using ProbeServer probe = await ProbeServer.StartAsync();
        for (int i = 0; i < 50; i++)
        {
            using AsyncDuplexStreamingCall<Ping, Pong> call = probe.Client.Chat();
            await call.RequestStream.WriteAsync(new Ping { Payload = ByteString.CopyFrom(new byte[300_000]) });
            if (i % 2 == 0)
            {
                await call.ResponseStream.MoveNext();
            }
        }

        await probe.Channel.DisposeAsync();

        await Eventually.TrueAsync(() => probe.Server.Memory.RentedCount == 0, "all blocks to come back to the pool");
    }
}
