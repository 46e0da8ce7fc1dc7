using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>Requests over real sockets.</summary>
public sealed class ConnectionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Answers_leave_in_the_order_of_their_requests(bool tls)
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        await using WireClient client = await WireClient.ConnectAsync(tls ? door.Tls : door.Plain, tls);

        var sent = new List<byte>();
        for (int i = 0; i < 200; i++)
        {
            sent.AddRange(i % 2 == 0 ? WireClient.Encode(new MetadataRequest(), 9, i) : WireClient.Encode(Versions(), 3, i));
        }

        await client.SendAsync([.. sent]);

        for (int i = 0; i < 200; i += 2)
        {
            MetadataResponse metadata = await client.ReadAsync<MetadataResponse>(9, i);
            Assert.Equal(tls ? 9093 : 9092, metadata.Brokers[0].Port);
            Assert.Equal(0, (await client.ReadAsync<ApiVersionsResponse>(3, i + 1)).ErrorCode);
        }
    }

    [Fact]
    public async Task A_request_may_come_byte_by_byte()
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        await using WireClient client = await door.ConnectAsync();

        foreach (byte b in WireClient.Encode(new MetadataRequest(), 12, 5))
        {
            await client.SendAsync([b]);
        }

        Assert.Equal(1, (await client.ReadAsync<MetadataResponse>(12, 5)).Brokers.Count);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(127)]
    [InlineData(-1)]
    public async Task E3_1_an_ApiVersions_of_the_future_is_told_what_to_ask_in_a_body_of_version_0(int version)
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        await using WireClient client = await door.ConnectAsync();

        // Header and body of a version that nobody knows: whatever stands behind the correlation id.
        await client.SendAsync([0, 0, 0, 14, 0, 18, (byte)(version >> 8), (byte)version, 0, 0, 0, 9, 0xff, 0xff, 9, 9, 9, 9]);

        byte[] frame = (await client.ReadFrameAsync())!;
        Assert.Equal([0, 0, 0, 9, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 5], frame);
        Assert.Equal(0, (await client.CallAsync<ApiVersionsResponse>(Versions(), 5, 10)).ErrorCode);
    }

    [Fact]
    public async Task E3_2_the_header_of_an_ApiVersions_answer_has_no_tags()
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        await using WireClient client = await door.ConnectAsync();
        await client.SendAsync(Versions(), 3, correlationId: 7);

        byte[] frame = (await client.ReadFrameAsync())!;

        Assert.Equal([0, 0, 0, 7, 0, 0], frame[..6]); // correlation id, error code: nothing between
    }

    [Fact]
    public async Task E3_8_what_is_advertised_is_what_is_served()
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        await using WireClient client = await door.ConnectAsync();

        ApiVersionsResponse response = await client.CallAsync<ApiVersionsResponse>(Versions(), 4);

        List<short> keys = [];
        foreach (ApiVersionsResponse.ApiVersion row in response.ApiKeys)
        {
            keys.Add(row.ApiKey);
            Assert.Equal(ApiTable.Find(row.ApiKey)!.MaxVersion, row.MaxVersion);
        }

        Assert.Equal(keys.Order(), keys);
        Assert.Contains((short)ApiKey.Metadata, keys);
    }

    [Fact]
    public async Task Whoever_ends_sending_still_gets_the_answers_to_what_was_sent()
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        await using WireClient client = await door.ConnectAsync();
        await client.SendAsync([.. WireClient.Encode(new MetadataRequest(), 9, 1), .. WireClient.Encode(new MetadataRequest(), 9, 2)]);
        client.EndSending();

        await client.ReadAsync<MetadataResponse>(9, 1);
        await client.ReadAsync<MetadataResponse>(9, 2);
        Assert.Null(await client.ReadFrameAsync());
    }

    [Fact]
    public async Task A_broker_that_does_not_serve_closes_connections_and_a_door_that_closes_too()
    {
        OpenDoor door = await OpenDoor.StartAsync();
        await using WireClient client = await door.ConnectAsync();
        await client.CallAsync<MetadataResponse>(new MetadataRequest(), 9);
        await using WireClient idle = await door.ConnectAsync();

        await door.Node.StopAsync();
        await client.SendAsync(new MetadataRequest(), 9);
        Assert.Null(await client.ReadFrameAsync());
        await door.DisposeAsync();
        Assert.Null(await idle.ReadFrameAsync());
    }

    [Fact]
    public async Task The_name_of_a_client_must_be_one()
    {
        await using OpenDoor door = await OpenDoor.StartAsync();
        await using WireClient client = await door.ConnectAsync();
        ApiVersionsRequest request = Versions();
        request.ClientSoftwareName = "<script>";

        ApiVersionsResponse response = await client.CallAsync<ApiVersionsResponse>(request, 3);

        Assert.Equal((short)ErrorCode.InvalidRequest, response.ErrorCode);
    }

    private static ApiVersionsRequest Versions() => new() { ClientSoftwareName = "tests", ClientSoftwareVersion = "1.0" };
}
