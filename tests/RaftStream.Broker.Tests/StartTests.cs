using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Disk;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests;

/// <summary>Starts that must fail, each with a message that says what to do, and with nothing held afterwards.</summary>
public class StartTests
{
    [Fact]
    public void All_wrong_options_are_told_at_once()
    {
        var exception = Assert.Throws<BrokerOptionsException>(() => new BrokerNode(
            new BrokerOptions
            {
                DataDirectory = "",
                DefaultPartitions = 0,
                FlushThreads = 0,
                TopicDefaults = ConfigsImage.NoValues.Add("retention.sm", "5"),
            },
            new MemoryFileSystem()));

        Assert.Equal(4, exception.Problems.Count);
        Assert.Contains("Did you mean retention.ms?", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_node_on_the_same_folder_is_refused()
    {
        await using var broker = await TestBroker.StartAsync();

        StorageException exception = await Assert.ThrowsAsync<StorageException>(() => broker.RestartAsync());

        Assert.Equal(StorageErrorKind.Locked, exception.Kind);
        await broker.AppendAsync(await broker.CreateAsync("orders"), "still serving");
    }

    [Fact]
    public async Task A_folder_of_another_node_or_cluster_is_refused_and_let_go()
    {
        var files = new MemoryFileSystem();
        await (await TestBroker.StartAsync(files)).Node.StopAsync();

        StorageException node = await Assert.ThrowsAsync<StorageException>(
            () => TestBroker.StartAsync(files, TestBroker.DefaultOptions with { NodeId = new NodeId(2) }));
        StorageException cluster = await Assert.ThrowsAsync<StorageException>(
            () => TestBroker.StartAsync(files, TestBroker.DefaultOptions with { ClusterId = Guid.NewGuid() }));

        Assert.Equal((StorageErrorKind.WrongOwner, StorageErrorKind.WrongOwner), (node.Kind, cluster.Kind));
        Assert.Contains("node.id=1", node.Message, StringComparison.Ordinal);
        await using TestBroker good = await TestBroker.StartAsync(files);
    }

    [Fact]
    public async Task A_folder_whose_metadata_log_is_lost_is_not_touched()
    {
        var files = new MemoryFileSystem();
        var broker = await TestBroker.StartAsync(files);
        await broker.CreateAsync("orders");
        await broker.Node.StopAsync();
        files.DeleteDirectory($"{TestBroker.Folder}/quorum");

        StorageException exception = await Assert.ThrowsAsync<StorageException>(() => TestBroker.StartAsync(files));

        Assert.Equal(StorageErrorKind.Missing, exception.Kind);
        Assert.Contains(files.ListDirectories(TestBroker.Folder), d => d == "orders-0");
    }

    [Fact]
    public async Task A_folder_of_the_earlier_layout_is_refused()
    {
        var files = new MemoryFileSystem();
        TestBroker broker = await TestBroker.StartAsync(files);
        await broker.CreateAsync("orders");
        await broker.Node.StopAsync();
        files.Rename($"{TestBroker.Folder}/orders-0", $"{TestBroker.Folder}/__cluster_metadata-0");

        StorageException exception = await Assert.ThrowsAsync<StorageException>(() => TestBroker.StartAsync(files));

        Assert.Contains("layout of an earlier version", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_formatting_that_was_cut_short_is_done_again()
    {
        var files = new MemoryFileSystem();
        TestBroker broker = await TestBroker.StartAsync(files);
        await broker.Node.StopAsync();
        files.DeleteDirectory($"{TestBroker.Folder}/quorum");
        files.CreateDirectory($"{TestBroker.Folder}/quorum/__cluster_metadata-0");

        await using TestBroker again = await TestBroker.StartAsync(files);

        await again.CreateAsync("orders");
    }

    [Fact]
    public async Task A_read_only_folder_is_told()
    {
        var disk = new SimulatedDisk(1) { IsReadOnly = true };

        StorageException exception = await Assert.ThrowsAsync<StorageException>(() => TestBroker.StartAsync(new GuardedFiles(disk)));

        Assert.Equal(StorageErrorKind.ReadOnly, exception.Kind);
    }

    [Fact]
    public async Task A_damaged_metadata_log_is_told_and_never_guessed()
    {
        var disk = new SimulatedDisk(1);
        var broker = await TestBroker.StartAsync(new GuardedFiles(disk));
        await broker.CreateAsync("orders", partitions: 4);
        await broker.Node.StopAsync();
        disk.FlipBit($"{TestBroker.Folder}/quorum/__cluster_metadata-0/00000000000000000000.log");

        StorageException exception = await Assert.ThrowsAsync<StorageException>(() => TestBroker.StartAsync(new GuardedFiles(disk)));

        Assert.Equal(StorageErrorKind.Corrupt, exception.Kind);
    }

    [Fact]
    public async Task A_node_is_started_once()
    {
        await using var broker = await TestBroker.StartAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => broker.Node.StartAsync([]));
        await broker.Node.StopAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => broker.Node.StartAsync([]));
        await broker.Node.StopAsync();
    }
}
