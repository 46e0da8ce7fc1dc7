using RaftStream.Broker.Producing;
using RaftStream.Replication;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests;

/// <summary>A bug in one of those who wait for an answer: the node stops for it, and keeps nobody else waiting .</summary>
public class ThrowingSinkTests
{
    [Fact]
    public async Task Others_are_answered_and_the_node_stops()
    {
        var files = new GuardedFiles(new MemoryFileSystem());
        TestBroker broker = await TestBroker.StartAsync(files);
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("flush", "commit"));
        files.HoldFlushes();
        await ProduceAndThrowAsync(broker, orders);
        Task<ProduceResult> between = broker.ProduceAsync(orders, TestBroker.Batch("b"));
        await ProduceAndThrowAsync(broker, orders);
        await ProduceAndThrowAsync(broker, orders);
        Task<ProduceResult> behind = broker.ProduceAsync(orders, TestBroker.Batch("e"));

        files.ReleaseFlushes();

        // Whether it was told of the flush or of the failure: it was told.
        await Task.WhenAll(between, behind).WaitAsync(TimeSpan.FromSeconds(30));
        await broker.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static async Task ProduceAndThrowAsync(TestBroker broker, BrokerPartition partition) => await broker.Api.ProduceAsync(new ProduceCommand
    {
        Partition = partition,
        Batch = TestBroker.Batch("x"),
        Acks = RequiredAcks.All,
        TimeoutMs = 60_000,
        Sink = new ThrowingSink(),
        Ticket = new AppendTicket(),
    });

    private sealed class ThrowingSink : IProduceSink
    {
        public void OnProduced(ulong requestId, in ProduceResult result) => throw new InvalidOperationException("a bug");
    }
}
