using System.Net.Sockets;
using RaftStream.Broker.Tests;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Kafka.Tests.Data;
using RaftStream.Rpc.Server;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>Many connections that each stop in the middle of a request.</summary>
[Collection(nameof(AllocationTests))]
public sealed class HalfOpenCrowdTests
{
    private const int Crowd = 2000;
    private const int LargeRequest = 1 << 20;
    private const int MostLargeRequests = 4;

    // Beside the block that the bytes are in: objects of the connection, its pipes and sockets, here and at the client's.
    private const int ObjectsOfConnection = 32 << 10;

    [Fact]
    public async Task What_a_crowd_holds_is_bounded_by_the_settings_and_others_go_on()
    {
        await using OpenDoor door = await OpenDoor.StartAsync(new KafkaLimits { MaxReceivingBytes = MostLargeRequests * LargeRequest });
        await using WireClient good = await door.ConnectAsync();
        await good.CallAsync<MetadataResponse>(new MetadataRequest(), 9);
        byte[][] beginnings =
        [
            [],
            [0, 0],
            [0, 0, 4, 0, .. "half"u8],
            [0, 0, 0x10, 0, 0, 3, 0, 9],
            [0, LargeRequest >> 16, 0, 0, 0, 0, 0, 9, .. new byte[2000]],
        ];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        List<Socket> crowd = [];
        try
        {
            for (int i = 0; i < Crowd; i++)
            {
                var one = new Socket(SocketType.Stream, ProtocolType.Tcp);
                crowd.Add(one);
                await one.ConnectAsync(door.Plain);
                await one.SendAsync(beginnings[i % beginnings.Length]);
            }

            await Eventually.TrueAsync(() => door.Door.ConnectionCount == Crowd + 1
                && door.Door.RequestMemory.WaitingCount == (Crowd / beginnings.Length) - MostLargeRequests);
            long held = GC.GetTotalMemory(forceFullCollection: true) - before;

            Assert.Equal(MostLargeRequests * LargeRequest, door.Door.RequestMemory.Taken);
            Assert.InRange(held, 0, (long)Crowd * (new RpcServerLimits().MemoryBlockBytes + ObjectsOfConnection));
            Assert.Equal(1, (await good.CallAsync<MetadataResponse>(new MetadataRequest(), 9)).Brokers.Count);
            await using WireClient newcomer = await door.ConnectAsync();
            Assert.Equal(1, (await newcomer.CallAsync<MetadataResponse>(new MetadataRequest(), 9)).Brokers.Count);
        }
        finally
        {
            crowd.ForEach(one => one.Dispose());
        }

        await Eventually.TrueAsync(() => door.Door.ConnectionCount == 1 && door.Door.RequestMemory.Taken == 0);
    }
}
