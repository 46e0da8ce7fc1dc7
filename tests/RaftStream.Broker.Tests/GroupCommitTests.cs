using RaftStream.Broker.Producing;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests;

/// <summary>flush=commit: what is acknowledged is on disk, and one flush serves many .</summary>
public class GroupCommitTests
{
    [Theory]
    [InlineData(RequiredAcks.All)]
    [InlineData(RequiredAcks.Leader)]
    public async Task No_answer_before_the_flush_and_one_flush_for_all_that_came_meanwhile(RequiredAcks acks)
    {
        var files = new GuardedFiles(new MemoryFileSystem());
        await using var broker = await TestBroker.StartAsync(files);
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("flush", "commit"));
        files.HoldFlushes();
        int before = files.LogFlushes;

        Task<ProduceResult> first = broker.ProduceAsync(orders, TestBroker.Batch("first"), acks);
        await files.FlushBeganAsync();
        Task<ProduceResult>[] others = [.. Enumerable.Range(0, 50).Select(i => broker.ProduceAsync(orders, TestBroker.Batch("v" + i), acks))];

        Assert.False(first.IsCompleted);
        Assert.DoesNotContain(others, o => o.IsCompleted);
        Assert.Empty(await broker.ReadAsync(orders)); // consumers see only what is committed

        files.ReleaseFlushes();
        Assert.All(await Task.WhenAll([first, .. others]), r => Assert.Equal(ErrorCode.None, r.Error));
        Assert.Equal(51, (await broker.ReadAsync(orders)).Count);
        Assert.InRange(files.LogFlushes - before, 2, 3);
    }

    [Fact]
    public async Task With_flush_os_nobody_waits_for_the_disk()
    {
        var files = new GuardedFiles(new MemoryFileSystem());
        await using var broker = await TestBroker.StartAsync(files);
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("flush", "os"));
        files.HoldFlushes();

        await broker.AppendAsync(orders, "a");

        Assert.Equal(["a"], await broker.ReadAsync(orders));
        files.ReleaseFlushes();
    }

    [Fact]
    public async Task With_flush_os_the_disk_follows_after_flush_bytes()
    {
        //
        var files = new GuardedFiles(new MemoryFileSystem());
        await using var broker = await TestBroker.StartAsync(files);
        BrokerPartition orders = await broker.CreateAsync("orders", configs: [("flush", "os"), ("flush.bytes", "1048576")]);
        string value = new('x', 300_000);

        for (int i = 0; i < 4; i++)
        {
            await broker.AppendAsync(orders, value);
        }

        await files.FlushBeganAsync();
    }

    [Fact]
    public async Task A_request_that_waits_too_long_is_told_so_and_its_batch_stays()
    {
        var files = new GuardedFiles(new MemoryFileSystem());
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(files, time: time);
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("flush", "commit"));
        files.HoldFlushes();

        Task<ProduceResult> produce = broker.ProduceAsync(orders, TestBroker.Batch("a"), timeoutMs: 200);
        time.Advance(TimeSpan.FromMilliseconds(199));
        Assert.False(produce.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(20));

        Assert.Equal(ErrorCode.RequestTimedOut, (await produce).Error);
        files.ReleaseFlushes();
        await broker.AppendAsync(orders, "b");
        Assert.Equal(["a", "b"], await broker.ReadAsync(orders));
    }

    [Fact]
    public async Task A_failed_flush_acknowledges_nothing_and_stops_the_node()
    {
        // P27.
        var files = new GuardedFiles(new MemoryFileSystem());
        await using var broker = await TestBroker.StartAsync(files);
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("flush", "commit"));
        files.FailFlush = path => path.Contains("orders", StringComparison.Ordinal) ? new StorageException(StorageErrorKind.Io, "EIO") : null;

        ProduceResult result = await broker.ProduceAsync(orders, TestBroker.Batch("a"));

        Assert.Equal(ErrorCode.KafkaStorageError, result.Error);
        Assert.Contains("orders-0", await broker.Node.Failure, StringComparison.Ordinal);
        Assert.Equal(BrokerState.Failed, broker.Node.State);
        Assert.Null(broker.Node.Api);
        Assert.Contains("EIO", broker.Node.NotReadyReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clean_stop_answers_what_waits_for_a_flush()
    {
        var files = new GuardedFiles(new MemoryFileSystem());
        var broker = await TestBroker.StartAsync(files);
        BrokerPartition orders = await broker.CreateAsync("orders", configs: ("flush", "commit"));
        files.HoldFlushes();
        Task<ProduceResult> produce = broker.ProduceAsync(orders, TestBroker.Batch("a"));
        await files.FlushBeganAsync();

        Task stop = broker.Node.StopAsync();
        files.ReleaseFlushes();
        await stop;

        Assert.Equal(ErrorCode.None, (await produce).Error);
    }
}
