using RaftStream.Broker.Fetching;
using RaftStream.Model;

namespace RaftStream.Broker.Tests;

public class FetchTests
{
    [Fact]
    public async Task A_fetch_waits_for_its_bytes()
    {
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders");
        int batchBytes = (int)TestBroker.Batch("a").Length;
        FetchSession fetch = broker.Api.NewFetch();
        fetch.Add(orders, FetchPosition.At(Offset.Zero));

        ValueTask reading = fetch.ReadAsync(60_000, minBytes: 2 * batchBytes, maxBytes: 0, default);
        await broker.AppendAsync(orders, "a");
        Assert.False(reading.IsCompleted);
        await broker.AppendAsync(orders, "b");
        await reading;

        Assert.Equal(["a", "b"], TestBroker.Values(fetch[0]));
        fetch.Clear();
    }

    [Fact]
    public async Task A_fetch_that_finds_too_little_answers_with_it_at_its_deadline()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        BrokerPartition orders = await broker.CreateAsync("orders");
        await broker.AppendAsync(orders, "a");
        FetchSession fetch = broker.Api.NewFetch();
        fetch.Add(orders, FetchPosition.At(Offset.Zero));

        Task reading = fetch.ReadAsync(500, minBytes: 1_000_000, maxBytes: 0, default).AsTask();
        time.Advance(TimeSpan.FromMilliseconds(490));
        Assert.False(reading.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(30));
        await reading;

        Assert.Equal(["a"], TestBroker.Values(fetch[0]));
        fetch.Clear();
    }

    [Fact]
    public async Task Any_of_several_partitions_wakes_a_fetch()
    {
        await using var broker = await TestBroker.StartAsync();
        await broker.CreateAsync("orders", partitions: 3);
        FetchSession fetch = broker.Api.NewFetch();
        for (int p = 0; p < 3; p++)
        {
            fetch.Add(broker.Find("orders", p), FetchPosition.At(Offset.Zero));
        }

        ValueTask reading = fetch.ReadAsync(60_000, 1, 0, default);
        await broker.AppendAsync(broker.Find("orders", 2), "a");
        await reading;

        Assert.True(fetch[0].Slice.IsEmpty);
        Assert.Equal(["a"], TestBroker.Values(fetch[2]));
        fetch.Clear();
        Assert.All(Enumerable.Range(0, 3), p => Assert.Equal(0, broker.Find("orders", p).Cell.ParkedFetches));
    }

    [Fact]
    public async Task A_cancelled_fetch_leaves_nothing_parked()
    {
        // L-8.
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders");
        FetchSession fetch = broker.Api.NewFetch();
        fetch.Add(orders, FetchPosition.At(Offset.Zero));
        using var client = new CancellationTokenSource();

        Task reading = fetch.ReadAsync(60_000, 1, 0, client.Token).AsTask();
        Assert.Equal(1, orders.Cell.ParkedFetches);
        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Equal(0, orders.Cell.ParkedFetches);
    }

    [Fact]
    public async Task Budgets_hold_and_the_first_batch_comes_whole()
    {
        await using var broker = await TestBroker.StartAsync();
        await broker.CreateAsync("orders", partitions: 2);
        foreach (int p in new[] { 0, 1 })
        {
            await broker.AppendAsync(broker.Find("orders", p), new string('x', 1000));
            await broker.AppendAsync(broker.Find("orders", p), "small");
        }

        FetchSession fetch = broker.Api.NewFetch();
        fetch.Add(broker.Find("orders", 0), FetchPosition.At(Offset.Zero, maxBytes: 10));
        fetch.Add(broker.Find("orders", 1), FetchPosition.At(Offset.Zero));
        await fetch.ReadAsync(0, 1, maxBytes: 500, default);

        Assert.Single(TestBroker.Values(fetch[0]));
        Assert.True(fetch[1].Slice.IsEmpty);
        fetch.Clear();
    }

    [Fact]
    public async Task A_fetch_does_not_wait_when_more_is_there_than_it_may_take()
    {
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders");
        await broker.AppendAsync(orders, "a");
        await broker.AppendAsync(orders, "b");
        FetchSession fetch = broker.Api.NewFetch();
        fetch.Add(orders, FetchPosition.At(Offset.Zero, maxBytes: 1));

        await fetch.ReadAsync(60_000, minBytes: 1_000_000, maxBytes: 0, default);

        Assert.Equal(["a"], TestBroker.Values(fetch[0]));
        fetch.Clear();
    }

    [Theory]
    [InlineData(-1, ErrorCode.OffsetOutOfRange)]
    [InlineData(0, ErrorCode.OffsetOutOfRange)] // deleted
    [InlineData(1, ErrorCode.None)]
    [InlineData(3, ErrorCode.None)] // the end: wait here
    [InlineData(4, ErrorCode.OffsetOutOfRange)]
    public async Task Offsets_outside_the_log_are_told(long offset, ErrorCode expected)
    {
        //
        await using var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders");
        await broker.AppendAsync(orders, "a");
        await broker.AppendAsync(orders, "b", "c");
        await broker.Api.Admin.DeleteRecordsAsync(orders, 1, 1000);
        FetchSession fetch = broker.Api.NewFetch();
        fetch.Add(orders, FetchPosition.At(new Offset(offset)));

        await fetch.ReadAsync(0, 1, 0, default);

        Assert.Equal(expected, fetch[0].Error);
        fetch.Clear();
    }

    [Fact]
    public async Task Epochs_are_checked_when_the_caller_names_them()
    {
        // KIP-320. A restart is a new reign: epochs 0 and 2.
        var broker = await TestBroker.StartAsync();
        await broker.AppendAsync(await broker.CreateAsync("orders"), "a", "b");
        await broker.Node.StopAsync();
        await using TestBroker again = await broker.RestartAsync();
        BrokerPartition orders = again.Find("orders");
        await again.AppendAsync(orders, "c");

        Assert.Equal(ErrorCode.FencedLeaderEpoch, (await ReadAsync(3, current: 0)).Error);
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, (await ReadAsync(3, current: 9)).Error);
        Assert.Equal(ErrorCode.None, (await ReadAsync(3, current: 2, last: 2)).Error);
        Assert.Null((await ReadAsync(2, last: 0)).Diverging);
        PartitionRead diverging = await ReadAsync(3, last: 0);
        Assert.Equal((0, 2), (diverging.Diverging!.Value.Epoch.Value, diverging.Diverging.Value.EndOffset.Value));

        async Task<PartitionRead> ReadAsync(long offset, int current = -1, int last = -1)
        {
            FetchSession fetch = again.Api.NewFetch();
            fetch.Add(orders, new FetchPosition(new Offset(offset), 0, new LeaderEpoch(current), new LeaderEpoch(last)));
            await fetch.ReadAsync(0, 1, 0, default);
            PartitionRead read = fetch[0];
            fetch.Clear();
            return read;
        }
    }
}
