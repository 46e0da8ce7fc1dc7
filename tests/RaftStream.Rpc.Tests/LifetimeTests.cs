using System.Buffers;
using Grpc.Core;
using RaftStream.Rpc.Tests.Probes;

namespace RaftStream.Rpc.Tests;

/// <summary>How long a message that borrows the transport's memory lives, and that the memory comes back.</summary>
public sealed class LifetimeTests
{
    private static readonly Marshaller<Borrowed> Borrowing = new(
        (message, context) => context.Complete(message.Bytes.ToArray()),
        context => new Borrowed(context.PayloadAsReadOnlySequence()));

    [Theory]
    [InlineData(10, 2000)]
    [InlineData(1000, 500)]
    [InlineData(100_000, 60)]
    [InlineData(700_000, 20)]
    public async Task Request_of_a_stream_is_valid_until_the_next_one(int size, int count)
    {
        var method = new Method<Borrowed, byte[]>(MethodType.ClientStreaming, "test", "Take", Borrowing, Methods.Bytes);
        int good = 0;
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapClientStreaming(method, async (requests, _) =>
        {
            while (await requests.MoveNextAsync())
            {
                Borrowed message = requests.Current;
                await Task.Yield(); // more bytes arrive meanwhile
                good += message.IsIntact(size) ? 1 : 0;
            }

            return [];
        }));
        using var call = probe.Channel.CreateCallInvoker().AsyncClientStreamingCall(method, null, default);

        for (int i = 0; i < count; i++)
        {
            await call.RequestStream.WriteAsync(Borrowed.Create(size, seed: i));
        }

        await call.RequestStream.CompleteAsync();
        await call;
        Assert.Equal(count, good);
        await probe.Channel.DisposeAsync();
        await Eventually.TrueAsync(() => probe.Server.Memory.RentedCount == 0, "all blocks to come back to the pool");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100_000)]
    [InlineData(5_000_000)]
    public async Task Unary_request_is_valid_until_the_handler_has_ended(int size)
    {
        var method = new Method<Borrowed, byte[]>(MethodType.Unary, "test", "Take", Borrowing, Methods.Bytes);
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapUnary(method, async (request, _) =>
        {
            await Task.Yield();
            return [request.IsIntact(size) ? (byte)1 : (byte)0];
        }));

        byte[][] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => probe.Channel.CreateCallInvoker()
            .AsyncUnaryCall(method, null, default, Borrowed.Create(size, seed: i)).ResponseAsync));

        Assert.All(answers, answer => Assert.Equal([1], answer));
        await probe.Channel.DisposeAsync();
        await Eventually.TrueAsync(() => probe.Server.Memory.RentedCount == 0, "all blocks to come back to the pool");
    }

    [Theory]
    [InlineData(10, 2000)]
    [InlineData(1000, 500)]
    [InlineData(100_000, 60)]
    [InlineData(700_000, 20)]
    public async Task Response_of_a_stream_is_valid_until_the_next_one(int size, int count)
    {
        var method = new Method<byte[], Borrowed>(MethodType.ServerStreaming, "test", "Give", Methods.Bytes, Borrowing);
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapServerStreaming(method, async (_, responses, _) =>
        {
            for (int i = 0; i < count; i++)
            {
                await responses.WriteValueAsync(Borrowed.Create(size, seed: i));
            }
        }));
        using var call = probe.Channel.CreateCallInvoker().AsyncServerStreamingCall(method, null, default, []);

        for (int i = 0; i < count; i++)
        {
            Assert.True(await call.ResponseStream.MoveNextAsync());
            await Task.Yield();
            Assert.True(call.ResponseStream.Current.IsIntact(size));
        }

        Assert.False(await call.ResponseStream.MoveNextAsync());
    }

    [Fact]
    public async Task Unary_response_is_the_callers_to_keep()
    {
        var method = new Method<byte[], Borrowed>(MethodType.Unary, "test", "Give", Methods.Bytes, Borrowing);
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapUnary(method, (request, _) => Task.FromResult(Borrowed.Create(request.Length * 1000, seed: request.Length))));

        Borrowed[] kept = await Task.WhenAll(Enumerable.Range(1, 100).Select(async i =>
        {
            using AsyncUnaryCall<Borrowed> call = probe.Channel.CreateCallInvoker().AsyncUnaryCall(method, null, default, new byte[i]);
            return await call;
        }));

        for (int i = 0; i < kept.Length; i++)
        {
            Assert.True(kept[i].IsIntact((i + 1) * 1000));
        }
    }

    /// <summary>Bytes with a checksum at their end.</summary>
    private sealed class Borrowed(ReadOnlySequence<byte> bytes)
    {
        public ReadOnlySequence<byte> Bytes { get; } = bytes;

        public static Borrowed Create(int size, int seed)
        {
            byte[] bytes = new byte[size];
            new Random(seed).NextBytes(bytes);
            bytes[^1] = Sum(bytes.AsSpan(..^1));
            return new Borrowed(new ReadOnlySequence<byte>(bytes));
        }

        public bool IsIntact(int size)
        {
            byte[] copy = Bytes.ToArray();
            return copy.Length == size && copy[^1] == Sum(copy.AsSpan(..^1));
        }

        private static byte Sum(ReadOnlySpan<byte> bytes)
        {
            byte sum = 0;
            foreach (byte value in bytes)
            {
                sum = (byte)((sum * 31) + value);
            }

            return sum;
        }
    }
}
