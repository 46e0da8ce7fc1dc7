using System.Buffers;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Producing;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker.Tests;

/// <summary>The cost of a request in allocated bytes, held as a number: stable where time is not.</summary>
[Collection(nameof(AllocationTests))]
public class AllocationTests
{
    private const int Rounds = 2000;

    /// <summary>The position that an append publishes to readers of the log is one small object.</summary>
    private const int PublishedPosition = 32;

    [Fact]
    public async Task A_produce_request_allocates_one_small_object()
    {
        await using var broker = await PhysicalBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders", "os");
        ReadOnlySequence<byte> batch = TestBroker.Batch([.. Enumerable.Range(0, 100).Select(i => new string('x', 100))]);
        var sink = new CountingSink();
        var ticket = new AppendTicket();

        long allocated = Measure(() =>
        {
            ValueTask appended = broker.Api.ProduceAsync(new ProduceCommand
            {
                Partition = orders,
                Batch = batch,
                Acks = RequiredAcks.All,
                Sink = sink,
                Ticket = ticket,
            });
            Assert.True(appended.IsCompletedSuccessfully);
        });

        Assert.InRange(allocated, 0, PublishedPosition);
        Assert.True(sink.Answers > Rounds);
    }

    [Fact]
    public async Task A_fetch_that_finds_data_allocates_nothing()
    {
        await using var broker = await PhysicalBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders", "os");
        for (int i = 0; i < 100; i++)
        {
            var call = new ProduceCall();
            ValueTask<ProduceResult> answer = call.BeginAsync();
            await broker.Api.ProduceAsync(new ProduceCommand
            {
                Partition = orders,
                Batch = TestBroker.Batch(new string('x', 1000)),
                Acks = RequiredAcks.All,
                Sink = call,
                Ticket = call.Ticket,
            });
            await answer;
        }

        FetchSession fetch = broker.Api.NewFetch();
        byte[] destination = new byte[200_000];
        int at = 0;

        long allocated = Measure(() =>
        {
            fetch.Clear();
            fetch.Add(orders, FetchPosition.At(new Offset(at++ % 90)));
            ValueTask reading = fetch.ReadAsync(0, 1, 0, default);
            Assert.True(reading.IsCompletedSuccessfully);
            Assert.True(fetch[0].Slice.CopyTo(destination, 0) > 0);
        });

        Assert.Equal(0, allocated);
        fetch.Clear();
    }

    [Fact]
    public async Task A_consumer_that_reads_to_the_end_and_parks_allocates_nothing()
    {
        await using var broker = await PhysicalBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders", "os");
        ReadOnlySequence<byte> batch = TestBroker.Batch("a");
        var sink = new CountingSink();
        var ticket = new AppendTicket();
        using ConsumeSession session = broker.Api.NewConsume(0);
        session.Add(orders, FetchPosition.At(Offset.Zero));

        long allocated = Measure(() =>
        {
            Assert.False(session.TryRead(out _, out _));
            ValueTask<bool> waiting = session.WaitAsync(0, default);
            ValueTask appended = broker.Api.ProduceAsync(
                new ProduceCommand { Partition = orders, Batch = batch, Acks = RequiredAcks.Leader, Sink = sink, Ticket = ticket });
            Assert.True(appended.IsCompletedSuccessfully);
            SpinWait.SpinUntil(() => waiting.IsCompleted);
            Assert.True(session.TryRead(out _, out PartitionRead read));
            read.Dispose();
        });

        // The state machine of the wait itself: the consumer has caught up, so it is idle anyway.
        Assert.InRange(allocated, 0, 320);
    }

    private static long Measure(Action action)
    {
        for (int i = 0; i < 500; i++)
        {
            action();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Rounds; i++)
        {
            action();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
    }

    private sealed class CountingSink : IProduceSink
    {
        public int Answers { get; private set; }

        public void OnProduced(ulong requestId, in ProduceResult result)
        {
            Answers++;
            if (result.Error != ErrorCode.None)
            {
                throw new InvalidOperationException(result.Error.ToString());
            }
        }
    }
}
