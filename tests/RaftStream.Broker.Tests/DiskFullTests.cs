using RaftStream.Broker.Producing;
using RaftStream.Model;
using RaftStream.Simulation.Disk;

namespace RaftStream.Broker.Tests;

public class DiskFullTests
{
    [Fact]
    public async Task Produce_is_refused_before_the_disk_is_full_and_everything_else_goes_on()
    {
        //
        var disk = new SimulatedDisk(1) { CapacityBytes = 400_000 };
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(
            new GuardedFiles(disk), TestBroker.DefaultOptions with { MinFreeBytes = 200_000 }, time);
        BrokerPartition orders = await broker.CreateAsync("orders");
        int taken = 0;
        ProduceResult result;
        do
        {
            result = await broker.ProduceAsync(orders, TestBroker.Batch(new string('x', 10_000)));
            taken += result.Error == ErrorCode.None ? 1 : 0;
        }
        while (result.Error == ErrorCode.None);

        Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
        Assert.InRange(taken, 5, 25);
        Assert.Equal(taken, (await broker.ReadAsync(orders)).Count);
        await broker.CreateAsync("metadata-has-room");
        Assert.Equal(BrokerState.Running, broker.Node.State);

        disk.CapacityBytes = long.MaxValue;
        time.Advance(TimeSpan.FromSeconds(2));
        await Eventually.TrueAsync(() => orders.Cell.CheckProduce(Replication.RequiredAcks.All) == ErrorCode.None);
        await broker.AppendAsync(orders, "room again");
    }

    [Fact]
    public async Task A_write_that_fails_stops_the_node_and_acknowledges_nothing()
    {
        var disk = new SimulatedDisk(1);
        await using var broker = await TestBroker.StartAsync(new GuardedFiles(disk));
        BrokerPartition orders = await broker.CreateAsync("orders");
        await broker.AppendAsync(orders, "a");
        disk.Fail(DiskOperation.Write, "orders-0");

        ProduceResult result = await broker.ProduceAsync(orders, TestBroker.Batch("b"));

        Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
        Assert.NotEmpty(await broker.Node.Failure);
        await broker.DisposeAsync();
        await using TestBroker again = await broker.RestartAsync();
        Assert.Equal(["a"], await again.ReadAsync(again.Find("orders")));
    }

    [Fact]
    public async Task A_metadata_log_that_cannot_be_flushed_stops_the_node()
    {
        var disk = new SimulatedDisk(1);
        await using var broker = await TestBroker.StartAsync(new GuardedFiles(disk));
        disk.Fail(DiskOperation.Flush, "__cluster_metadata", forever: true);

        await Assert.ThrowsAnyAsync<Exception>(() => broker.CreateAsync("orders"));

        Assert.Contains("metadata quorum", await broker.Node.Failure, StringComparison.Ordinal);
    }
}
