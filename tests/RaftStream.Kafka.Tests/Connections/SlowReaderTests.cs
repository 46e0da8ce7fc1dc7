using RaftStream.Broker.Tests;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Kafka.Tests.Data;
using RaftStream.Metadata.Control;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>Clients that ask for much and take nothing of it: what they hold is bounded, and they hold up themselves.</summary>
public sealed class SlowReaderTests
{
    private const int Version = 9;
    private const int Budget = 1 << 20;

    [Fact]
    public async Task A_crowd_that_does_not_read_holds_no_more_than_the_budget_and_others_go_on()
    {
        const int crowd = 5;
        await using OpenDoor door = await OpenDoor.StartAsync(
            new KafkaLimits { MaxUnsentBytes = Budget, UnsentPatience = TimeSpan.FromHours(1) });
        Assert.Null((await door.Api.Admin.CreateTopicsAsync([new NewTopic { Name = "orders" }], validateOnly: false)).Single().Error);
        List<SilentClient> silent = [];
        for (int i = 0; i < crowd; i++)
        {
            silent.Add(await SilentClient.ConnectAsync(door, WireClient.Encode(ManyNames(), Version, 1), requests: 40));
        }

        await Eventually.TrueAsync(() => door.Door.AnswerMemory.WaitingCount == crowd - 1);
        Assert.InRange(door.Door.AnswerMemory.Taken, 1, Budget);
        Assert.InRange(door.Door.AnswerMemory.MostTaken, 1, Budget + (512 << 10)); // and the answer that was encoded then
        await using WireClient good = await door.ConnectAsync();
        Assert.Equal(1, (await good.CallAsync<MetadataResponse>(new MetadataRequest(), Version)).Brokers.Count);
        ProduceRequest produce = ProduceTests.One("orders", default, Version, Batches.Of("a"));
        Assert.Equal(0, ProduceTests.Only(await good.CallAsync<ProduceResponse>(produce, Version)).ErrorCode);
        FetchRequest fetch = FetchTests.One("orders", default, 12, 0);
        Assert.Equal(["a"], Batches.Values(FetchTests.Only(await good.CallAsync<FetchResponse>(fetch, 12)).Records));

        foreach (SilentClient one in silent)
        {
            await one.DisposeAsync();
        }

        await Eventually.TrueAsync(() => door.Door.AnswerMemory.Taken == 0 && door.Door.ConnectionCount == 1);
    }

    [Fact]
    public async Task Who_does_not_read_is_cut_when_others_want_the_memory()
    {
        await using OpenDoor door = await OpenDoor.StartAsync(
            new KafkaLimits { MaxUnsentBytes = Budget, UnsentPatience = TimeSpan.FromMilliseconds(50) });
        byte[] request = WireClient.Encode(ManyNames(), Version, 1);
        await using SilentClient first = await SilentClient.ConnectAsync(door, request, requests: 40);
        await using SilentClient second = await SilentClient.ConnectAsync(door, request, requests: 40);
        await using WireClient good = await door.ConnectAsync();
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));

        // The system takes the first answers of the silent ones, some MB. Then they are in the way.
        do
        {
            Task<MetadataResponse> answer = good.CallAsync<MetadataResponse>(ManyNames(), Version);
            Assert.Equal(NameCount, (await answer.WaitAsync(deadline.Token)).Topics.Count);
        }
        while (!door.Log.Any(line => line.Contains("(unread)", StringComparison.Ordinal)));

        Assert.DoesNotContain(door.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pipelined_produce_requests_of_many_partitions_are_all_answered_and_give_back_what_they_held()
    {
        const int requests = 64;
        const int partitions = 300;
        await using OpenDoor door = await OpenDoor.StartAsync(new KafkaLimits { MaxUnsentBytes = 100, MaxUnsentBytesPerConnection = 100 });
        await using WireClient client = await door.ConnectAsync();
        var wide = new ProduceRequest { Acks = 1, TimeoutMs = 1000 };
        ProduceTests.Add(wide, "nothing", default, Version, [.. Enumerable.Range(0, partitions).Select(partition => (partition, Batches.Of("a")))]);

        Task sent = client.SendAsync([.. Enumerable.Range(0, requests).SelectMany(i => WireClient.Encode(wide, Version, i))]);

        for (int i = 0; i < requests; i++)
        {
            Assert.Equal(partitions, (await client.ReadAsync<ProduceResponse>(Version, i)).Responses[0].PartitionResponses.Count);
        }

        await sent;
        Assert.InRange(door.Door.AnswerMemory.MostTaken, partitions << 10, 2 * partitions << 10); // one at a time, for they are larger than all
        await Eventually.TrueAsync(() => door.Door.AnswerMemory.Taken == 0);
    }

    private const int NameCount = 1500;

    /// <summary>As large as its answer: names that no topic has.</summary>
    private static MetadataRequest ManyNames()
    {
        var request = new MetadataRequest { AllowAutoTopicCreation = false };
        for (int i = 0; i < NameCount; i++)
        {
            request.Topics.Add().Name = $"{new string('x', 240)}{i}";
        }

        return request;
    }

    /// <summary>Sends, and never reads.</summary>
    private sealed class SilentClient : IAsyncDisposable
    {
        private readonly WireClient _client;
        private readonly Task _sending;

        private SilentClient(WireClient client, Task sending)
        {
            _client = client;
            _sending = sending;
        }

        public static async Task<SilentClient> ConnectAsync(OpenDoor door, byte[] request, int requests)
        {
            WireClient client = await WireClient.ConnectAsync(door.Plain, receiveBuffer: 4096);
            return new SilentClient(client, SendAsync(client, request, requests));
        }

        public async ValueTask DisposeAsync()
        {
            _client.Reset();
            await _sending;
            await _client.DisposeAsync();
        }

        private static async Task SendAsync(WireClient client, byte[] request, int requests)
        {
            try
            {
                for (int i = 0; i < requests; i++)
                {
                    await client.SendAsync(request);
                }
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                // cut
            }
        }
    }
}
