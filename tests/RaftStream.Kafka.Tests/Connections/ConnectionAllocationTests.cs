using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Tests.Data;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>What a request allocates from socket to socket, Kestrel included, once everything is warm. The client allocates nothing.</summary>
/// <remarks>
/// Warm is when the just-in-time compiler has optimized all that runs, at a moment of its choosing: so the best of many windows counts.
/// An unoptimized build has its state machines on the heap, always, and gets its own limits.
/// </remarks>
[Collection(nameof(AllocationTests))]
public sealed class ConnectionAllocationTests
{
    private const int MaxWindows = 40;
    private const short ProduceVersion = 9;
    private const short FetchVersion = 12;

    [Theory]
    [InlineData(1, 40, 4000)]
    [InlineData(5, 40, 4000)]
    public async Task Produce_allocates_next_to_nothing(int underWay, int optimized, int unoptimized)
    {
        await using OpenDoor door = await OpenDoor.StartAsync(onDisk: true);
        await CreateAsync(door);
        using var client = new BareClient(door);
        byte[] requests = Repeat(Request(ProduceTests.One("orders", default, ProduceVersion, Batches.Of("a", "b")), ProduceVersion), underWay);

        long perRequest = Measure(1000 / underWay, Limit(optimized, unoptimized) * underWay, () =>
        {
            client.Send(requests);
            for (int i = 0; i < underWay; i++)
            {
                client.ReceiveAnswer();
            }
        }) / underWay;

        Assert.InRange(perRequest, 0, Limit(optimized, unoptimized));
    }

    [Theory]
    [InlineData(100, 40, 4000)] // copied
    [InlineData(900_000, 80, 12_000)] // by sendfile
    public async Task Fetch_allocates_next_to_nothing(int bytes, int optimized, int unoptimized)
    {
        await using OpenDoor door = await OpenDoor.StartAsync(onDisk: true);
        await CreateAsync(door);
        using var client = new BareClient(door);
        client.Send(Request(ProduceTests.One("orders", default, ProduceVersion, Batches.Of(new string('x', bytes))), ProduceVersion));
        client.ReceiveAnswer();
        byte[] request = Request(FetchTests.One("orders", default, FetchVersion, 0), FetchVersion);

        long perRequest = Measure(bytes < 1000 ? 1000 : 200, Limit(optimized, unoptimized), () =>
        {
            client.Send(request);
            Assert.True(client.ReceiveAnswer() > bytes);
        });

        Assert.InRange(perRequest, 0, Limit(optimized, unoptimized));
    }

    private static async Task CreateAsync(OpenDoor door) => Assert.Null((await door.Api.Admin.CreateTopicsAsync(
        [new NewTopic { Name = "orders", Configs = ConfigsImage.NoValues.Add("flush", "os") }], validateOnly: false)).Single().Error);

    private static byte[] Request(IKafkaMessage request, short version) => WireClient.Encode(request, version, 1);

    private static byte[] Repeat(byte[] bytes, int times) => [.. Enumerable.Repeat(bytes, times).SelectMany(one => one)];

    private static int Limit(int optimized, int unoptimized)
    {
        DebuggableAttribute? build = (DebuggableAttribute?)Attribute.GetCustomAttribute(typeof(KafkaDoor).Assembly, typeof(DebuggableAttribute));
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

    /// <summary>Blocks, and has one buffer.</summary>
    private sealed class BareClient : IDisposable
    {
        private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly byte[] _buffer = new byte[64 << 10];

        public BareClient(OpenDoor door) => _socket.Connect(door.Plain);

        public void Send(ReadOnlySpan<byte> bytes)
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[_socket.Send(bytes)..];
            }
        }

        /// <summary>Takes an answer.</summary>
        /// <returns>Its bytes.</returns>
        public int ReceiveAnswer()
        {
            Receive(KafkaFrame.SizeBytes);
            int size = BinaryPrimitives.ReadInt32BigEndian(_buffer);
            Receive(size);
            return size;
        }

        public void Dispose() => _socket.Dispose();

        private void Receive(int count)
        {
            for (int at = 0; at < count;)
            {
                int received = _socket.Receive(_buffer, 0, Math.Min(_buffer.Length, count - at), SocketFlags.None);
                Invariant.Check(received > 0); // xunit allocates
                at += received;
            }
        }
    }
}
