using System.Text;
using RaftStream.Broker.Tests;
using RaftStream.Kafka.Protocol.Messages;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>Clients that lie, stop, or never go: it costs them their connection, and nobody else notices.</summary>
public sealed class BadClientTests
{
    [Theory]
    [InlineData("16030100c8010000c40303", "TLS handshake")]
    [InlineData("474554202f20485454502f312e310d0a", "speaks HTTP or gRPC")]
    [InlineData("505249202a20485454502f322e30", "speaks HTTP or gRPC")]
    [InlineData("ffffffff", "-1 bytes was announced")]
    [InlineData("7fffffff", "2147483647 bytes was announced")]
    [InlineData("01000001", "at most 16777216 are allowed")]
    [InlineData("0000000000", "RequestHeader.ApiKey")]
    [InlineData("00000004000300", "")]
    [InlineData("0000000a" + "0003" + "0009" + "00000001" + "7fff", "RequestHeader.ClientId")]
    [InlineData("0000000f" + "0003" + "0001" + "00000001" + "ffff" + "7fffffff" + "00", "MetadataRequest")]
    [InlineData("00000010" + "0003" + "0000" + "00000001" + "ffff" + "00000000" + "0000", "Metadata")]
    [InlineData("0000000a" + "7fff" + "0000" + "00000001" + "ffff", "API 32767 is not served")]
    [InlineData("0000000a" + "0003" + "007f" + "00000001" + "ffff", "Version 127 of Metadata is not served here, but 0 to 13")]
    public async Task Bytes_that_are_no_request_close_the_connection(string hex, string told)
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        await using WireClient good = await door.ConnectAsync();
        await using WireClient bad = await door.ConnectAsync();

        await bad.SendAsync(Convert.FromHexString(hex));
        bad.EndSending();

        Assert.Null(await bad.ReadFrameAsync());
        await Eventually.TrueAsync(() => door.Log.Any(line => line.Contains(told, StringComparison.Ordinal)));
        Assert.DoesNotContain(door.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.Equal(1, (await good.CallAsync<MetadataResponse>(new MetadataRequest(), 9)).Brokers.Count);
    }

    [Fact]
    public async Task Who_stops_in_the_middle_of_a_request_is_cut_and_who_is_idle_for_long_too()
    {
        await using OpenDoor door = await OpenDoor.StartAsync(
            new KafkaLimits { StallTimeout = TimeSpan.FromMilliseconds(50), IdleTimeout = TimeSpan.FromMilliseconds(200) });
        await using WireClient half = await door.ConnectAsync();
        await half.SendAsync([0, 0, 1, 0, 0, 3]);
        await using WireClient idle = await door.ConnectAsync();
        await idle.CallAsync<MetadataResponse>(new MetadataRequest(), 9);

        Assert.Null(await half.ReadFrameAsync());
        Assert.Null(await idle.ReadFrameAsync());

        Assert.Contains(door.Log, line => line.Contains("(stalled)", StringComparison.Ordinal));
        Assert.Contains(door.Log, line => line.Contains("(idle)", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => door.Door.ConnectionCount == 0);
        Assert.DoesNotContain(door.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_lets_a_request_trickle_in_for_ever_is_cut_although_something_moves()
    {
        await using OpenDoor door = await OpenDoor.StartAsync(new KafkaLimits { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        await using WireClient liar = await door.ConnectAsync();
        await liar.SendAsync([0, 0xff, 0xff, 0xf0, 0, 3]);
        Task<byte[]?> closed = liar.ReadFrameAsync();

        try
        {
            while (!closed.IsCompleted)
            {
                await liar.SendAsync([0]);
                await Task.Yield();
            }
        }
        catch (IOException)
        {
            // cut
        }

        Assert.Null(await closed);
        Assert.Contains(door.Log, line => line.Contains("(stalled)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_resets_its_connection_is_no_error()
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        for (int i = 0; i < 20; i++)
        {
            WireClient client = await door.ConnectAsync();
            await client.CallAsync<MetadataResponse>(new MetadataRequest(), 9);
            await client.SendAsync(i % 2 == 0 ? [] : [0, 0, 1]);
            client.Reset();
        }

        await Eventually.TrueAsync(() => door.Door.ConnectionCount == 0);
        Assert.DoesNotContain(door.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_named_again_and_again_is_told_once()
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        await using WireClient client = await door.ConnectAsync();
        var metadata = new MetadataRequest { AllowAutoTopicCreation = false };
        var configs = new DescribeConfigsRequest();
        for (int i = 0; i < 1000; i++)
        {
            metadata.Topics.Add().Name = "t";
            DescribeConfigsRequest.DescribeConfigsResource broker = configs.Resources.Add();
            broker.ResourceType = 4;
            broker.ResourceName = "1";
        }

        Assert.Equal(1, (await client.CallAsync<MetadataResponse>(metadata, 9)).Topics.Count);
        Assert.Equal(1, (await client.CallAsync<DescribeConfigsResponse>(configs, 4)).Results.Count);
    }

    [Fact]
    public async Task A_request_of_more_elements_than_are_allowed_closes_the_connection()
    {
        await using OpenDoor door = await OpenDoor.StartAsync(new KafkaLimits { MaxElements = 100 });
        await using WireClient client = await door.ConnectAsync();
        var metadata = new MetadataRequest { AllowAutoTopicCreation = false };
        for (int i = 0; i < 101; i++)
        {
            metadata.Topics.Add().Name = $"t{i}";
        }

        await client.SendAsync(metadata, 9);

        Assert.Null(await client.ReadFrameAsync());
    }

    [Fact]
    public async Task Connections_are_limited_in_all_and_by_address()
    {
        await using OpenDoor door = await OpenDoor.StartAsync(new KafkaLimits { MaxConnections = 2 });
        await using WireClient first = await door.ConnectAsync();
        WireClient second = await door.ConnectAsync();
        await first.CallAsync<MetadataResponse>(new MetadataRequest(), 9);
        await second.CallAsync<MetadataResponse>(new MetadataRequest(), 9);

        await using (WireClient third = await door.ConnectAsync())
        {
            Assert.Null(await third.ReadFrameAsync());
        }

        await second.DisposeAsync();
        await Eventually.TrueAsync(() => door.Door.ConnectionCount == 1);
        await using (WireClient later = await door.ConnectAsync())
        {
            await later.CallAsync<MetadataResponse>(new MetadataRequest(), 9);
        }

        await using OpenDoor strict = await OpenDoor.StartAsync(new KafkaLimits { MaxConnectionsPerAddress = 1 });
        await using WireClient only = await strict.ConnectAsync();
        await only.CallAsync<MetadataResponse>(new MetadataRequest(), 9);
        await using WireClient another = await strict.ConnectAsync();
        Assert.Null(await another.ReadFrameAsync());
        Assert.Contains(strict.Log, line => line.Contains("max.connections.per.ip", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Crowds_of_half_open_connections_do_not_keep_others_from_being_served()
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        List<WireClient> crowd = [];
        for (int i = 0; i < 300; i++)
        {
            WireClient one = await door.ConnectAsync();
            crowd.Add(one);
            await one.SendAsync(i % 3 == 0 ? [] : i % 3 == 1 ? [0, 0] : [0, 0, 4, 0, .. Encoding.ASCII.GetBytes("half")]);
        }

        await using WireClient good = await door.ConnectAsync();
        Assert.Equal(1, (await good.CallAsync<MetadataResponse>(new MetadataRequest(), 9)).Brokers.Count);
        foreach (WireClient one in crowd)
        {
            await one.DisposeAsync();
        }
    }
}
