using Grpc.Core;
using Microsoft.AspNetCore.Http;
using RaftStream.Model;
using RaftStream.Rpc.Http2;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Tests.Http2.Support;

namespace RaftStream.Rpc.Tests.Http2;

/// <summary>Many calls at once against Kestrel, some cut short in every way: right bytes, no hang, no buffer lost.</summary>
public sealed class StressTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly BufferPool _pool = new(16 * 1024 * 1024);
    private KestrelPeer _server = null!;

    public async Task InitializeAsync() =>
        _server = await KestrelPeer.StartAsync(EchoAsync, options => options.Limits.Http2.MaxStreamsPerConnection = 5_000);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Thousands_of_streams_on_one_connection()
    {
        await using Http2Channel channel = Http2Channel.Create(_server.Address, new Http2Options { MaxConnections = 1 }, _pool);
        CallInvoker invoker = channel.CreateCallInvoker();
        AsyncDuplexStreamingCall<byte[], byte[]>[] calls =
        [
            .. Enumerable.Range(0, 3_000).Select(
                _ => invoker.AsyncDuplexStreamingCall(BytesMethod.Of(MethodType.DuplexStreaming, "Echo"), null, default)),
        ];

        await Task.WhenAll(calls.Select(async (call, i) =>
        {
            for (int round = 0; round < 3; round++)
            {
                byte[] message = BytesMethod.Random(i + round, (i * 7) % 3_000);
                await call.RequestStream.WriteAsync(message);
                Assert.True(await call.ResponseStream.MoveNext(default));
                Assert.True(message.AsSpan().SequenceEqual(call.ResponseStream.Current));
            }

            await call.RequestStream.CompleteAsync();
            Assert.False(await call.ResponseStream.MoveNext(default));
        })).WaitAsync(Patience);

        Array.ForEach(calls, call => call.Dispose());
        await channel.DisposeAsync();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Calls_cut_short_at_any_moment_leave_nothing_behind(ulong seed)
    {
        await using Http2Channel channel = Http2Channel.Create(_server.Address, new Http2Options { StreamWindowBytes = 100_000 }, _pool);
        CallInvoker invoker = channel.CreateCallInvoker();
        var root = new Prng(seed);
        Prng[] prngs = [.. Enumerable.Range(0, 400).Select(_ => root.Fork())];

        await Parallel.ForEachAsync(
            prngs, new ParallelOptions { MaxDegreeOfParallelism = 40 }, async (prng, _) => await CutShortAsync(invoker, prng))
            .WaitAsync(Patience);

        // The connection, or a new one, still does its work.
        byte[] request = BytesMethod.Random(1, 50_000);
        Assert.Equal(request, await EventuallyAsync(invoker, request));
        await channel.DisposeAsync();
        Assert.Equal(0, _pool.Outstanding);
    }

    [Fact]
    public async Task Channels_closed_in_the_middle_of_calls_leave_nothing_behind()
    {
        for (int round = 0; round < 20; round++)
        {
            Http2Channel channel = Http2Channel.Create(_server.Address, new Http2Options(), _pool);
            CallInvoker invoker = channel.CreateCallInvoker();
            Task[] calls = [.. Enumerable.Range(0, 20).Select(i => CutShortAsync(invoker, new Prng((ulong)((round * 20) + i))))];
            if (round % 2 == 0)
            {
                await Task.WhenAny(calls);
            }

            await channel.DisposeAsync();
            await Task.WhenAll(calls).WaitAsync(Patience);
        }

        Assert.Equal(0, _pool.Outstanding);
    }

    private static async Task CutShortAsync(CallInvoker invoker, Prng prng)
    {
        using var cancel = new CancellationTokenSource();
        var options = new CallOptions(
            cancellationToken: cancel.Token, deadline: prng.OneIn(4) ? DateTime.UtcNow.AddMilliseconds(prng.Next(20)) : null);
        Marshaller<byte[]> marshaller = prng.OneIn(2) ? BytesMethod.Copying : BytesMethod.Lending;
        AsyncDuplexStreamingCall<byte[], byte[]> call =
            invoker.AsyncDuplexStreamingCall(BytesMethod.Of(MethodType.DuplexStreaming, "Echo", marshaller), null, options);
        int messages = 1 + prng.Next(10);
        int stopAt = prng.Next(2 * messages);
        int size = prng.Next(prng.OneIn(3) ? 300_000 : 3_000);
        bool dispose = prng.OneIn(2);
        Task writing = WriteAsync();
        try
        {
            int received = 0;
            while (await call.ResponseStream.MoveNext(default))
            {
                Assert.Equal(size, call.ResponseStream.Current.Length);
                if (++received == stopAt)
                {
                    Stop();
                }
            }

            Assert.Equal(messages, received);
        }
        catch (RpcException exception)
        {
            Assert.Contains(
                exception.StatusCode,
                new[] { StatusCode.Cancelled, StatusCode.DeadlineExceeded, StatusCode.Unavailable, StatusCode.ResourceExhausted, StatusCode.Internal });
        }

        await writing;
        call.Dispose();

        async Task WriteAsync()
        {
            try
            {
                await Task.Yield();
                for (int i = 0; i < messages; i++)
                {
                    if (i + messages == stopAt)
                    {
                        Stop();
                    }

                    await call.RequestStream.WriteAsync(BytesMethod.Random(i, size));
                }

                await call.RequestStream.CompleteAsync();
            }
            catch (RpcException)
            {
                // the reader sees the same
            }
        }

        void Stop()
        {
            if (dispose)
            {
                call.Dispose();
            }
            else
            {
                cancel.Cancel();
            }
        }
    }

    // Kestrel answers a burst of cancelled streams with GOAWAY ENHANCE_YOUR_CALM, which may hit a call that is innocent.
    private static async Task<byte[]> EventuallyAsync(CallInvoker invoker, byte[] request)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                using AsyncUnaryCall<byte[]> call =
                    invoker.AsyncUnaryCall(BytesMethod.Of(MethodType.Unary, "Echo"), null, default, request);
                return await call;
            }
            catch (RpcException) when (attempt < 10)
            {
            }
        }
    }

    private static async Task EchoAsync(HttpContext context)
    {
        try
        {
            while (await context.ReadMessageAsync() is { } message)
            {
                await context.WriteMessageAsync(message);
            }

            context.End();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or Xunit.Sdk.XunitException)
        {
            context.Abort();
        }
    }
}
