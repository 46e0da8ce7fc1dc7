using System.Buffers;
using System.Diagnostics;
using System.Reflection;
using Grpc.Core;
using RaftStream.Rpc.Server;
using RaftStream.Rpc.Tests.Probes;

namespace RaftStream.Rpc.Tests;

/// <summary>What the server allocates, Kestrel included, once everything is warm. The client is one that allocates nothing.</summary>
/// <remarks>
/// Warm is when the just-in-time compiler has optimized all that runs, at a moment of its choosing: so the best of many
/// windows counts. An unoptimized build has its state machines on the heap, always, and gets its own limits.
/// </remarks>
[Collection(nameof(Alone))]
public sealed class AllocationTests
{
    private const int WindowRounds = 1000;
    private const int MaxWindows = 100;

    private static readonly Marshaller<Counted> Counting = new(
        static (message, context) =>
        {
            context.SetPayloadLength(message.Size);
            IBufferWriter<byte> output = context.GetBufferWriter();
            for (int left = message.Size; left > 0;)
            {
                int count = Math.Min(left, output.GetSpan().Length);
                output.Advance(count);
                left -= count;
            }

            context.Complete();
        },
        static context =>
        {
            Counted.Shared.Size = context.PayloadLength;
            return Counted.Shared;
        });

    [Theory]
    [InlineData(100, 8, 1200)]
    [InlineData(100_000, 1500, 5000)] // what Kestrel itself allocates when the connection takes bytes more slowly than they are written
    public async Task Streamed_message_there_and_back_allocates_nothing(int size, int optimized, int unoptimized)
    {
        var method = new Method<Counted, Counted>(MethodType.DuplexStreaming, "test", "Echo", Counting, Counting);
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapDuplex(method, async (requests, responses, _) =>
        {
            while (await requests.MoveNextAsync())
            {
                await responses.WriteValueAsync(requests.Current);
            }
        }));
        using var client = new RawHttp2(probe.EndPoint);
        client.Send(RawHttp2.HeadersFrame(1, method.FullName));
        byte[][] message = [.. Split(1, size)];
        long due = 0;
        Func<RawHttp2, bool> answered = http2 => http2.DataBytes >= due;

        long perMessage = Measure(size < 1000 ? WindowRounds : WindowRounds / 20, Limit(optimized, unoptimized), () =>
        {
            due += size + 5;
            foreach (byte[] frame in message)
            {
                client.Send(frame);
            }

            client.ReadUntil(answered);
        });

        Assert.InRange(perMessage, 0, Limit(optimized, unoptimized));
    }

    [Fact]
    public async Task Many_messages_written_at_once_allocate_nothing()
    {
        var method = new Method<Counted, Counted>(MethodType.DuplexStreaming, "test", "Burst", Counting, Counting);
        await using ProbeServer probe = await ProbeServer.StartAsync(configure: services => services.MapDuplex(method, async (requests, responses, _) =>
        {
            while (await requests.MoveNextAsync())
            {
                for (int i = 0; i < 1000; i++)
                {
                    await responses.WriteValueAsync(Counted.Shared);
                }
            }
        }));
        using var client = new RawHttp2(probe.EndPoint);
        client.Send(RawHttp2.HeadersFrame(1, method.FullName));
        byte[] request = RawHttp2.MessageFrame(1, 20);
        long due = 0;
        Func<RawHttp2, bool> answered = http2 => http2.DataBytes >= due;

        long perBurst = Measure(WindowRounds / 20, Limit(2000, 5000), () =>
        {
            due += 1000 * 25;
            client.Send(request);
            client.ReadUntil(answered);
        });

        Assert.InRange(perBurst, 0, Limit(2000, 5000)); // two bytes a message: the blocks of the buffer beside the flush
    }

    [Fact]
    public async Task Unary_call_allocates_little()
    {
        var method = new Method<Counted, Counted>(MethodType.Unary, "test", "Echo", Counting, Counting);
        await using ProbeServer probe = await ProbeServer.StartAsync(
            configure: services => services.MapUnary(method, static (request, _) => Counted.SharedTask));
        using var client = new RawHttp2(probe.EndPoint);
        byte[] headers = RawHttp2.HeadersFrame(1, method.FullName);
        byte[] message = RawHttp2.MessageFrame(1, 100, RawHttp2.EndStream);
        int stream = -1;
        int due = 0;
        Func<RawHttp2, bool> answered = http2 => http2.EndedStreams >= due;

        long perCall = Measure(WindowRounds, Limit(1000, 3000), () =>
        {
            stream += 2;
            due++;
            RawHttp2.SetStream(headers, stream);
            RawHttp2.SetStream(message, stream);
            client.Send(headers);
            client.Send(message);
            client.ReadUntil(answered);
        });

        Assert.InRange(perCall, 0, Limit(1000, 3000));
    }

    private static IEnumerable<byte[]> Split(int stream, int messageBytes)
    {
        byte[] payload = [.. RawHttp2.MessageFrame(stream, messageBytes).Skip(9)];
        return payload.Chunk(16 * 1024).Select(chunk => RawHttp2.DataFrame(stream, chunk));
    }

    private static int Limit(int optimized, int unoptimized)
    {
        DebuggableAttribute? build = typeof(RpcServer).Assembly.GetCustomAttribute<DebuggableAttribute>();
        return build is { IsJITOptimizerDisabled: true } ? unoptimized : optimized;
    }

    /// <summary>Bytes per round in the best window; stops at the first one below the limit.</summary>
    private static long Measure(int rounds, int enough, Action act)
    {
        long best = long.MaxValue;
        for (int window = 0; window < MaxWindows && best > enough; window++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < rounds; i++)
            {
                act();
            }

            best = Math.Min(best, (GC.GetTotalAllocatedBytes(precise: true) - before) / rounds);
        }

        return best;
    }

    private sealed class Counted
    {
        public static readonly Counted Shared = new() { Size = 20 };

        public static readonly Task<Counted> SharedTask = Task.FromResult(Shared);

        public int Size { get; set; }
    }
}
