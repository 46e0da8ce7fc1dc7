using System.Net;
using System.Net.Sockets;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>One port for IPv6 and IPv4.</summary>
public sealed class DualStackTests
{
    [Fact]
    public async Task A_listener_for_everyone_takes_clients_of_both_kinds_and_names_them_by_their_own_addresses()
    {
        if (!Socket.OSSupportsIPv6)
        {
            return; // nothing to try here
        }

        await using OpenDoor door = await OpenDoor.StartAsync(new KafkaLimits { MaxConnectionsPerAddress = 1 }, address: IPAddress.IPv6Any);
        await using WireClient old = await WireClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, door.Plain.Port));
        await using WireClient young = await WireClient.ConnectAsync(new IPEndPoint(IPAddress.IPv6Loopback, door.Plain.Port));
        Assert.Equal(1, (await old.CallAsync<MetadataResponse>(new MetadataRequest(), 9)).Brokers.Count);
        Assert.Equal(1, (await young.CallAsync<MetadataResponse>(new MetadataRequest(), 9)).Brokers.Count);
        await using WireClient tooMuch = await WireClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, door.Plain.Port));

        Assert.Null(await tooMuch.ReadFrameAsync());
        Assert.Contains(door.Log, line => line.Contains("Refused a connection of 127.0.0.1:", StringComparison.Ordinal));
    }
}
