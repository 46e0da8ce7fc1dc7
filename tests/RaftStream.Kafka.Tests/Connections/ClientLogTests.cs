using RaftStream.Broker.Tests;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>What people find in the log of clients that do not get on with the door.</summary>
public sealed class ClientLogTests
{
    [Theory]
    [InlineData("0000000a" + "0003" + "007f" + "00000001" + "ffff", "Version 127 of Metadata is not served here, but 0 to 13")]
    [InlineData("0000000a" + "000b" + "0000" + "00000001" + "ffff", "API 11 (JoinGroup) is not served here")]
    [InlineData("0000000a" + "0000" + "0002" + "00000001" + "ffff", "Version 2 of Produce is not served here")]
    [InlineData("ffffffff", "-1 bytes was announced")]
    public async Task Each_reason_is_told_once_however_often_it_comes(string hex, string told)
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        for (int i = 0; i < 20; i++)
        {
            await using WireClient bad = await door.ConnectAsync();
            await bad.SendAsync(Convert.FromHexString(hex));
            Assert.Null(await bad.ReadFrameAsync());
        }

        await Eventually.TrueAsync(() => door.Door.ConnectionCount == 0);
        string line = Assert.Single(door.Log, line => line.Contains(told, StringComparison.Ordinal));
        Assert.StartsWith("Information: Closed the connection of 127.0.0.1:", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cleartext_at_a_TLS_listener_is_named()
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        for (int i = 0; i < 3; i++)
        {
            await using WireClient client = await WireClient.ConnectAsync(door.Tls);
            await client.SendAsync(new MetadataRequest(), 9);
            Assert.Null(await client.ReadFrameAsync());
        }

        string line = Assert.Single(door.Log, line => line.Contains("this listener serves TLS", StringComparison.Ordinal));
        Assert.StartsWith("Information: Closed the connection of 127.0.0.1:", line, StringComparison.Ordinal);
        Assert.Contains("listener SSL", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_that_fails_is_named_and_a_probe_of_the_port_is_not()
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        await using (await WireClient.ConnectAsync(door.Tls))
        {
            // says nothing
        }

        await using WireClient bad = await WireClient.ConnectAsync(door.Tls);
        await bad.SendAsync([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]); // a handshake record with nothing of the kind in it

        await Eventually.TrueAsync(() => door.Log.Any(line => line.Contains("The TLS handshake failed", StringComparison.Ordinal)));
        Assert.Single(door.Log, line => line.Contains("Closed the connection", StringComparison.Ordinal));
    }
}
