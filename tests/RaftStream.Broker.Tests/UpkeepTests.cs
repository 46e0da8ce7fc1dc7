using RaftStream.Broker.Fetching;
using RaftStream.Broker.Producing;
using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests;

public class UpkeepTests
{
    [Fact]
    public async Task Retention_by_size_removes_old_segments_and_readers_of_them_are_told()
    {
        //
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(new MemoryFileSystem(time), TestBroker.DefaultOptions with { RetentionCheckMs = 1000 }, time);
        BrokerPartition orders = await broker.CreateAsync("orders", configs: [("segment.bytes", "1024"), ("retention.bytes", "4096")]);
        long now = broker.Api.WallMs;
        for (int i = 0; i < 50; i++)
        {
            await broker.ProduceAsync(orders, TestBroker.Batch(now, new string('x', 500)));
        }

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            return orders.Cell.Log.LogStartOffset.Value > 30;
        });

        Assert.Equal(50, orders.Cell.Log.LogEndOffset.Value);
        FetchSession fetch = broker.Api.NewFetch();
        fetch.Add(orders, FetchPosition.At(Offset.Zero));
        await fetch.ReadAsync(0, 1, 0, default);
        Assert.Equal(ErrorCode.OffsetOutOfRange, fetch[0].Error);
        fetch.Clear();
    }

    [Fact]
    public async Task Retention_by_time_empties_an_idle_topic()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(new MemoryFileSystem(time), TestBroker.DefaultOptions with { RetentionCheckMs = 60_000 }, time);
        BrokerPartition orders = await broker.CreateAsync("orders", configs: [("segment.ms", "3600000"), ("retention.ms", "7200000")]);
        await broker.ProduceAsync(orders, TestBroker.Batch(broker.Api.WallMs, "a"));

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMinutes(10));
            return orders.Cell.Log.LogStartOffset.Value == 1;
        });

        Assert.Equal(1, (await broker.AppendAtAsync(orders, broker.Api.WallMs, "b")).Value);
    }

    [Fact]
    public async Task Checkpoints_are_written_in_the_background()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        BrokerPartition orders = await broker.CreateAsync("orders");
        await broker.AppendAsync(orders, "a");
        List<string> before = [.. broker.Files.ListFiles(TestBroker.Folder)];

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(6));
            return broker.Files.ListFiles(TestBroker.Folder).Any(f => f.Contains("high-watermark", StringComparison.Ordinal) || f.Contains("replication-offset", StringComparison.Ordinal));
        });
        Assert.NotNull(before);
    }

    [Theory]
    [InlineData("CreateTime", 60 * 60 * 1000 + 60_000, ErrorCode.InvalidTimestamp)] // an hour ahead at most
    [InlineData("CreateTime", 60_000, ErrorCode.None)]
    [InlineData("CreateTime", -1_000_000_000, ErrorCode.None)] // the past is open by default
    [InlineData("LogAppendTime", 60 * 60 * 1000 + 60_000, ErrorCode.None)] // the producer's time does not count
    public async Task Timestamps_are_checked_or_replaced(string type, long aheadMs, ErrorCode expected)
    {
        await using var broker = await TestBroker.StartAsync(time: new ManualTime());
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("message.timestamp.type", type));

        ProduceResult result = await broker.ProduceAsync(orders, TestBroker.Batch(broker.Api.WallMs + aheadMs, "a"));

        Assert.Equal(expected, result.Error);
        if (type == "LogAppendTime")
        {
            Assert.Equal(broker.Api.WallMs, result.LogAppendTimeMs);
            Assert.Equal(broker.Api.WallMs, broker.Api.FindOffset(orders, -3, LeaderEpoch.Unknown).TimestampMs);
        }
        else
        {
            Assert.Equal(-1, result.LogAppendTimeMs);
        }
    }

    [Fact]
    public async Task Deleted_records_stay_deleted_over_a_crash()
    {
        //
        var broker = await TestBroker.StartAsync();
        BrokerPartition orders = await broker.CreateAsync("orders");
        await broker.AppendAsync(orders, "a");
        await broker.AppendAsync(orders, "b");

        Assert.Equal(1, (await broker.Api.Admin.DeleteRecordsAsync(orders, 1, 1000)).LogStartOffset.Value);
        Assert.Equal(1, (await broker.Api.Admin.DeleteRecordsAsync(orders, 0, 1000)).LogStartOffset.Value); // never goes back
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await broker.Api.Admin.DeleteRecordsAsync(orders, 3, 1000)).Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, (await broker.Api.Admin.DeleteRecordsAsync(orders, -2, 1000)).Error);
        await broker.DisposeAsync();

        await using TestBroker again = await broker.RestartAsync();
        Assert.Equal(["b"], await again.ReadAsync(again.Find("orders"), from: 1));
        Assert.Equal(2, (await again.Api.Admin.DeleteRecordsAsync(again.Find("orders"), -1, 1000)).LogStartOffset.Value);
    }
}
