using System.Buffers.Binary;
using RaftStream.Broker.Tests;
using RaftStream.Kafka.Protocol;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Kafka.Tests.Data;
using RaftStream.Metadata.Control;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>Clients that announce large requests and hardly send them: they hold what they sent, and go when others want it.</summary>
public sealed class SlowSenderTests
{
    private const int Version = 9;
    private const int Budget = 1 << 20;
    private const int RecordBytes = 900_000;
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    [Fact]
    public async Task Who_announces_much_and_sends_little_holds_up_nobody()
    {
        await using OpenDoor door = await StartAsync(new KafkaLimits { MaxReceivingBytes = 4 * Budget, ReceivePatience = Never });
        List<WireClient> hogs = [];
        for (int i = 0; i < 20; i++)
        {
            hogs.Add(await HogAsync(door, sent: i % 2 == 0 ? 100 : 20_000));
        }

        await using WireClient good = await door.ConnectAsync();
        Task<ProduceResponse> answer = good.CallAsync<ProduceResponse>(Large(), Version);
        await Eventually.TrueAsync(() => answer.IsCompleted);

        Assert.Equal(0, ProduceTests.Only(await answer).ErrorCode);
        Assert.Equal(hogs.Count + 1, door.Door.ConnectionCount);
        await CloseAsync(hogs);
        await Eventually.TrueAsync(() => door.Door.RequestMemory.Taken == 0);
    }

    [Fact]
    public async Task Who_holds_memory_and_lets_the_rest_trickle_in_is_cut_and_named_when_others_want_it()
    {
        await using OpenDoor door = await StartAsync(
            new KafkaLimits { MaxReceivingBytes = Budget, ReceivePatience = TimeSpan.FromMilliseconds(50) });
        List<WireClient> hogs = [];
        for (int i = 0; i < 5; i++)
        {
            hogs.Add(await HogAsync(door, sent: Budget / 4));
        }

        await Eventually.TrueAsync(() => door.Door.RequestMemory.WaitingCount > 0 || Told(door).Any());
        await using WireClient good = await door.ConnectAsync();
        Task<ProduceResponse> answer = good.CallAsync<ProduceResponse>(Large(), Version);
        await using WireClient small = await door.ConnectAsync();
        Assert.Equal(1, (await small.CallAsync<MetadataResponse>(new MetadataRequest(), Version)).Brokers.Count);
        await Eventually.TrueAsync(() =>
        {
            hogs.ForEach(static hog => Trickle(hog));
            return answer.IsCompleted;
        });

        Assert.Equal(0, ProduceTests.Only(await answer).ErrorCode);
        string[] told = [.. Told(door)];
        Assert.NotEmpty(told);
        Assert.All(told, line => Assert.Contains(hogs, hog => line.Contains(hog.Name, StringComparison.Ordinal)));
        Assert.DoesNotContain(door.Log, line => line.StartsWith("Error", StringComparison.Ordinal));
        await CloseAsync(hogs);
    }

    [Fact]
    public async Task Honest_requests_that_exceed_the_memory_together_all_finish()
    {
        const int crowd = 8;
        await using OpenDoor door = await StartAsync(new KafkaLimits { MaxReceivingBytes = Budget, ReceivePatience = Never });
        byte[] request = WireClient.Encode(Large(), Version, 1);
        List<WireClient> clients = [];
        List<Task> sent = [];
        for (int i = 0; i < crowd; i++)
        {
            clients.Add(await door.ConnectAsync());
            sent.Add(clients[i].SendAsync(request[..(request.Length / 2)]));
        }

        // All are in the middle, and the memory is full.
        await Eventually.TrueAsync(() => door.Door.RequestMemory.WaitingCount > 0);
        for (int i = 0; i < crowd; i++)
        {
            sent[i] = FinishAsync(sent[i], clients[i], request[(request.Length / 2)..]);
        }

        foreach (WireClient client in clients)
        {
            Task<ProduceResponse> answer = client.ReadAsync<ProduceResponse>(Version, 1);
            await Eventually.TrueAsync(() => answer.IsCompleted);
            Assert.Equal(0, ProduceTests.Only(await answer).ErrorCode);
        }

        await Task.WhenAll(sent);
        Assert.InRange(door.Door.RequestMemory.MostTaken, Budget / 2, Budget + request.Length);
        await Eventually.TrueAsync(() => door.Door.RequestMemory.Taken == 0);
        await CloseAsync(clients);
    }

    private static async Task<OpenDoor> StartAsync(KafkaLimits limits)
    {
        OpenDoor door = await OpenDoor.StartAsync(limits);
        Assert.Null((await door.Api.Admin.CreateTopicsAsync([new NewTopic { Name = "orders" }], validateOnly: false)).Single().Error);
        return door;
    }

    private static IEnumerable<string> Told(OpenDoor door) =>
        door.Log.Where(line => line.StartsWith("Information", StringComparison.Ordinal) && line.Contains("(slow)", StringComparison.Ordinal));

    private static ProduceRequest Large() => ProduceTests.One("orders", default, Version, Batches.Of(new string('x', RecordBytes)));

    /// <summary>Announces 16 MiB of records, and sends some.</summary>
    private static async Task<WireClient> HogAsync(OpenDoor door, int sent)
    {
        byte[] front = new byte[sent];
        BinaryPrimitives.WriteInt32BigEndian(front, 16 << 20);
        BinaryPrimitives.WriteInt16BigEndian(front.AsSpan(sizeof(int)), (short)ApiKey.Produce);
        WireClient hog = await door.ConnectAsync();
        await hog.SendAsync(front);
        return hog;
    }

    private static async Task FinishAsync(Task before, WireClient client, byte[] rest)
    {
        await before;
        await client.SendAsync(rest);
    }

    private static void Trickle(WireClient hog) =>
        _ = hog.SendAsync([0]).ContinueWith(static sent => sent.Exception, TaskScheduler.Default); // it may have been cut

    private static async Task CloseAsync(List<WireClient> clients)
    {
        foreach (WireClient client in clients)
        {
            await client.DisposeAsync();
        }
    }
}
