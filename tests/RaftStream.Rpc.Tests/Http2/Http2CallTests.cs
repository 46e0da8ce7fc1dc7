using Grpc.Core;
using Microsoft.AspNetCore.Http;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>The four kinds of calls against Kestrel.</summary>
public sealed class Http2CallTests : IAsyncLifetime
{
    private readonly BufferPool _pool = new(16 * 1024 * 1024);
    private KestrelPeer _server = null!;
    private Http2Channel _channel = null!;
    private CallInvoker _invoker = null!;

    public async Task InitializeAsync()
    {
        _server = await KestrelPeer.StartAsync(HandleAsync);
        _channel = Http2Channel.Create(_server.Address, new Http2Options(), _pool);
        _invoker = _channel.CreateCallInvoker();
    }

    public async Task DisposeAsync()
    {
        await _channel.DisposeAsync();
        await _server.DisposeAsync();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_048)]
    [InlineData(2_049)]
    [InlineData(16_384)]
    [InlineData(100_000)]
    [InlineData(10_000_000)]
    public async Task Unary_echo(int length)
    {
        byte[] request = BytesMethod.Random(1, length);

        using AsyncUnaryCall<byte[]> call =
            _invoker.AsyncUnaryCall(BytesMethod.Of(MethodType.Unary, "Echo"), null, default, request);

        Assert.Equal(request, await call);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1_000, 100)]
    [InlineData(200, 5_000)]
    [InlineData(20, 1_000_000)]
    public async Task Duplex_echo_keeps_order_and_bytes(int count, int length)
    {
        using AsyncDuplexStreamingCall<byte[], byte[]> call =
            _invoker.AsyncDuplexStreamingCall(BytesMethod.Of(MethodType.DuplexStreaming, "Echo", BytesMethod.Lending), null, default);
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < count; i++)
            {
                await call.RequestStream.WriteAsync(BytesMethod.Random(i, length));
            }

            await call.RequestStream.CompleteAsync();
        });

        for (int i = 0; i < count; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.True(BytesMethod.Random(i, length).AsSpan().SequenceEqual(call.ResponseStream.Current));
        }

        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
        await writing;
    }

    [Fact]
    public async Task Server_stream_ends_with_its_status_and_trailers()
    {
        using AsyncServerStreamingCall<byte[]> call =
            _invoker.AsyncServerStreamingCall(BytesMethod.Of(MethodType.ServerStreaming, "Fail"), null, default, [3]);

        for (int i = 0; i < 3; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        }

        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.Aborted, failure.StatusCode);
        Assert.Equal("it wasn't 100% übel", failure.Status.Detail);
        Assert.Equal(StatusCode.Aborted, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task Client_stream_gets_its_one_response()
    {
        using AsyncClientStreamingCall<byte[], byte[]> call =
            _invoker.AsyncClientStreamingCall(BytesMethod.Of(MethodType.ClientStreaming, "Count"), null, default);
        for (int i = 0; i < 300; i++)
        {
            await call.RequestStream.WriteAsync(new byte[i]);
        }

        await call.RequestStream.CompleteAsync();

        Assert.Equal(BitConverter.GetBytes(300), await call);
    }

    private static async Task HandleAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/test.Bytes/Echo":
                while (await context.ReadMessageAsync() is { } message)
                {
                    await context.WriteMessageAsync(message);
                }

                context.End();
                break;
            case "/test.Bytes/Count":
                int count = 0;
                while (await context.ReadMessageAsync() is not null)
                {
                    count++;
                }

                await context.WriteMessageAsync(BitConverter.GetBytes(count));
                context.End();
                break;
            case "/test.Bytes/Fail":
                byte[] request = (await context.ReadMessageAsync())!;
                for (int i = 0; i < request[0]; i++)
                {
                    await context.WriteMessageAsync([(byte)i]);
                }

                context.End(status: 10, message: "it wasn't 100%25 %C3%BCbel");
                break;
        }
    }
}
