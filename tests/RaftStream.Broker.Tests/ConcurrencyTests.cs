using System.Buffers;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Producing;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker.Tests;

/// <summary>Many threads on one partition: the cell's thread rules under load.</summary>
public class ConcurrencyTests
{
    [Theory]
    [InlineData("os")]
    [InlineData("commit")]
    public async Task Producers_that_reuse_their_memory_at_once_never_mix_their_batches(string flush)
    {
        const int Producers = 6;
        const int Each = 300;
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("flush", flush));

        var offsets = new Dictionary<long, string>();
        await Task.WhenAll(Enumerable.Range(0, Producers).Select(p => Task.Run(async () =>
        {
            // One buffer per producer, scribbled over as soon as the append call says that it is free.
            byte[] memory = new byte[TestBroker.Batch($"{p}-{0:D5}").Length];
            for (int i = 0; i < Each; i++)
            {
                string value = $"{p}-{i:D5}";
                TestBroker.Batch(value).CopyTo(memory);
                var call = new ProduceCall();
                ValueTask<ProduceResult> answer = call.BeginAsync();
                await broker.Api.ProduceAsync(new ProduceCommand
                {
                    Partition = orders,
                    Batch = new ReadOnlySequence<byte>(memory),
                    Acks = RequiredAcks.All,
                    Sink = call,
                    Ticket = call.Ticket,
                });
                Array.Fill(memory, (byte)0xEE);
                ProduceResult result = await answer;
                Assert.Equal(ErrorCode.None, result.Error);
                lock (offsets)
                {
                    offsets.Add(result.BaseOffset.Value, value);
                }
            }
        })));

        List<string> values = await broker.ReadAsync(orders);
        Assert.Equal(Producers * Each, values.Count);
        Assert.Equal(Enumerable.Range(0, values.Count).Select(o => offsets[o]), values);
        for (int p = 0; p < Producers; p++)
        {
            Assert.True(values.Where(v => v[0] - '0' == p).SequenceEqual(Enumerable.Range(0, Each).Select(i => $"{p}-{i:D5}")));
        }
    }

    [Fact]
    public async Task Consumers_that_sleep_and_wake_see_every_record_once()
    {
        const int Records = 2000;
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders");
        Task<List<string>>[] consumers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => ConsumeAsync(broker, orders, Records)))];

        for (int i = 0; i < Records; i++)
        {
            await broker.AppendAsync(orders, "v" + i);
        }

        foreach (Task<List<string>> consumer in consumers)
        {
            Assert.Equal(Enumerable.Range(0, Records).Select(i => "v" + i), await consumer);
        }
    }

    [Fact]
    public async Task Deleting_a_topic_under_load_answers_everybody()
    {
        await using var broker = await TestBroker.StartAsync();
        for (int round = 0; round < 10; round++)
        {
            BrokerPartition orders = await broker.CreateAsync("orders", configs: ("flush", round % 2 == 0 ? "commit" : "os"));
            Task[] clients =
            [
                .. Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
                {
                    while ((await broker.ProduceAsync(orders, TestBroker.Batch("a"))).Error == ErrorCode.None)
                    {
                    }
                })),
                Task.Run(async () =>
                {
                    FetchSession fetch = broker.Api.NewFetch();
                    ErrorCode error;
                    do
                    {
                        fetch.Clear();
                        fetch.Add(orders, FetchPosition.At(Offset.Zero));
                        await fetch.ReadAsync(1000, 1, 0, default);
                        error = fetch[0].Error;
                    }
                    while (error == ErrorCode.None);
                    Assert.Equal(ErrorCode.UnknownTopicOrPartition, error);
                }),
            ];
            await Task.Yield();

            await broker.Api.Admin.DeleteTopicsAsync([new Metadata.Control.TopicReference("orders", TopicId.None)]);

            await Task.WhenAll(clients);
        }

        Assert.Equal(BrokerState.Running, broker.Node.State);
    }

    private static async Task<List<string>> ConsumeAsync(TestBroker broker, BrokerPartition partition, int count)
    {
        using ConsumeSession session = broker.Api.NewConsume(0);
        session.Add(partition, FetchPosition.At(Offset.Zero));
        var values = new List<string>(count);
        while (values.Count < count)
        {
            if (session.TryRead(out _, out PartitionRead read))
            {
                Assert.Equal(ErrorCode.None, read.Error);
                values.AddRange(TestBroker.Values(read));
                read.Dispose();
            }
            else
            {
                await session.WaitAsync(0, default);
            }
        }

        return values;
    }
}
