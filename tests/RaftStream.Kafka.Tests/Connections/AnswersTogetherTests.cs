using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Kafka.Tests.Data;
using RaftStream.Metadata.Control;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>Small requests that come together: their answers leave together, and wait for nothing else.</summary>
public sealed class AnswersTogetherTests
{
    private const int ProduceVersion = 9;
    private const int FetchVersion = 12;

    [Fact]
    public async Task Each_gets_its_answer_in_order()
    {
        const int requests = 100;
        await using OpenDoor door = await StartAsync();
        await using WireClient client = await door.ConnectAsync();

        await client.SendAsync([.. Enumerable.Range(0, requests).SelectMany(Produce)]);

        for (int i = 0; i < requests; i++)
        {
            Assert.Equal(i, BaseOffset(await client.ReadAsync<ProduceResponse>(ProduceVersion, i)));
        }
    }

    [Fact]
    public async Task What_came_before_a_request_that_waits_is_answered_at_once()
    {
        await using OpenDoor door = await StartAsync();
        await using WireClient client = await door.ConnectAsync();
        byte[] longPoll = WireClient.Encode(FetchTests.One("orders", default, FetchVersion, 1, maxWaitMs: 300_000), FetchVersion, 1);

        await client.SendAsync([.. Produce(0), .. longPoll]);

        Assert.Equal(0, BaseOffset(await client.ReadAsync<ProduceResponse>(ProduceVersion, 0)));
    }

    [Fact]
    public async Task What_came_before_a_bad_request_is_answered()
    {
        await using OpenDoor door = await StartAsync();
        await using WireClient client = await door.ConnectAsync();

        await client.SendAsync([.. Produce(0), 0, 0, 0, 10, 3, 232, 0, 0, 0, 0, 0, 9, 0, 0]); // API 1000

        Assert.Equal(0, BaseOffset(await client.ReadAsync<ProduceResponse>(ProduceVersion, 0)));
        Assert.Null(await client.ReadFrameAsync());
    }

    private static async Task<OpenDoor> StartAsync()
    {
        OpenDoor door = await OpenDoor.StartAsync();
        Assert.Null((await door.Api.Admin.CreateTopicsAsync([new NewTopic { Name = "orders" }], validateOnly: false)).Single().Error);
        return door;
    }

    private static byte[] Produce(int correlationId) => WireClient.Encode(
        ProduceTests.One("orders", default, ProduceVersion, Batches.Of("a")), ProduceVersion, correlationId);

    private static long BaseOffset(ProduceResponse answer)
    {
        Assert.Equal(0, ProduceTests.Only(answer).ErrorCode);
        return ProduceTests.Only(answer).BaseOffset;
    }
}
