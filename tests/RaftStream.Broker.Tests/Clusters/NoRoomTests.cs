using System.Collections.Immutable;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Producing;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests.Clusters;

/// <summary>R-12.6: brokers without room for records keep what they have, and leave leading to those that have room.</summary>
public sealed class NoRoomTests
{
    private readonly Dictionary<int, NarrowDisk> _disks = [];

    [Fact]
    public async Task R_12_6_a_leader_without_room_is_fenced_and_another_one_takes_the_writes_until_there_is_room_again()
    {
        await using SmallCluster cluster = await StartAsync();
        BrokerNode[] brokers = [await cluster.StartBrokerAsync(4), await cluster.StartBrokerAsync(5)];
        await CreateAsync(brokers, 4, 5);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(brokers[0], "before")).Error);

        _disks[4].Free = 0;
        await Eventually.TrueAsync(() => Cell(brokers[1]).Role.IsLeader);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(brokers[1], "meanwhile")).Error);

        await Eventually.TrueAsync(() => brokers[0].NotReadyReason is not null);
        Assert.Contains("below min.free.bytes", brokers[0].NotReadyReason, StringComparison.Ordinal);
        Assert.DoesNotContain(new NodeId(4), Cell(brokers[1]).Role.State!.Isr);

        _disks[4].Free = long.MaxValue;
        await Eventually.TrueAsync(() => Cell(brokers[1]).Role.State!.Isr.Length == 2); // L-6
        await Eventually.TrueAsync(() => brokers[0].NotReadyReason is null);
        Assert.Equal(2, Cell(brokers[0]).Log.LogEndOffset.Value);
    }

    [Fact]
    public async Task R_12_6_a_follower_without_room_appends_nothing_but_takes_the_log_start_that_makes_room()
    {
        await using SmallCluster cluster = await StartAsync();
        BrokerNode[] brokers = [await cluster.StartBrokerAsync(4), await cluster.StartBrokerAsync(5)];
        await CreateAsync(brokers, 4, 5);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(brokers[0], "both")).Error);

        _disks[5].Free = 0;
        await Eventually.TrueAsync(() => Cell(brokers[0]).Role.State!.Isr.Length == 1);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(brokers[0], "leader only")).Error);
        Assert.True(Cell(brokers[0]).WithLog(log => log.AdvanceLogStart(new Offset(1))));
        Cell(brokers[0]).LogChanged();

        await Eventually.TrueAsync(() => Cell(brokers[1]).Log.LogStartOffset.Value == 1);
        Assert.Equal(1, Cell(brokers[1]).Log.LogEndOffset.Value);

        _disks[5].Free = long.MaxValue;
        await Eventually.TrueAsync(() => Cell(brokers[1]).Log.LogEndOffset.Value == 2);
        await Eventually.TrueAsync(() => Cell(brokers[0]).Role.State!.Isr.Length == 2);
    }

    [Fact]
    public async Task R_12_6_the_only_broker_refuses_writes_for_want_of_room_and_says_so_but_is_not_fenced()
    {
        await using SmallCluster cluster = await StartAsync();
        BrokerNode broker = await cluster.StartBrokerAsync(4);
        await CreateAsync([broker], 4);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(broker, "before")).Error);

        _disks[4].Free = 0;
        await Eventually.TrueAsync(() => Cell(broker).CheckProduce(RequiredAcks.All) == ErrorCode.KafkaStorageError);
        int asked = _disks[4].Looks;
        await Eventually.TrueAsync(() => _disks[4].Looks >= asked + 2); // many heartbeats later

        ProduceResult refused = await ProduceAsync(broker, "no room");
        Assert.Equal(ErrorCode.KafkaStorageError, refused.Error);
        Assert.Contains("disk is full", refused.Message, StringComparison.Ordinal);
        Assert.True(cluster.Controller.Committed.Brokers.IsActive(new NodeId(4)));
        Assert.Null(broker.NotReadyReason);
        Assert.Equal(1, Cell(broker).HighWatermark.Value);
    }

    private async Task<SmallCluster> StartAsync()
    {
        SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600_000);
        cluster.DiskOf = id => _disks[id] = new NarrowDisk(cluster.Files);
        return cluster;
    }

    private static async Task CreateAsync(BrokerNode[] brokers, params int[] replicas)
    {
        var topic = new NewTopic
        {
            Name = "orders",
            Assignments = ImmutableSortedDictionary<int, ImmutableArray<NodeId>>.Empty.Add(0, [.. replicas.Select(id => new NodeId(id))]),
        };
        Assert.Null((await brokers[0].Api!.Admin.CreateTopicsAsync([topic], validateOnly: false)).Single().Error);
        foreach (BrokerNode broker in brokers)
        {
            await Eventually.TrueAsync(() => broker.Api!.TryFind("orders"u8, TopicId.None, 0, out _, out _));
        }

        await Eventually.TrueAsync(() => Cell(brokers[0]).Role is { IsLeader: true, State.Isr.Length: var members } && members == replicas.Length);
    }

    private static BrokerPartition Find(BrokerNode broker)
    {
        Assert.True(broker.Api!.TryFind("orders"u8, TopicId.None, 0, out BrokerPartition found, out var error), error?.Message);
        return found;
    }

    private static PartitionCell Cell(BrokerNode broker) => Find(broker).Cell;

    private static async Task<ProduceResult> ProduceAsync(BrokerNode broker, string value)
    {
        var call = new ProduceCall();
        ValueTask<ProduceResult> answer = call.BeginAsync();
        await broker.Api!.ProduceAsync(new ProduceCommand
        {
            Partition = Find(broker),
            Batch = TestBroker.Batch(value),
            Acks = RequiredAcks.All,
            TimeoutMs = 30_000,
            Sink = call,
            Ticket = call.Ticket,
        });
        return await answer;
    }

    /// <summary>A disk with as much free space as the test says.</summary>
    private sealed class NarrowDisk(IFileSystem inner) : IFileSystem
    {
        private long _free = long.MaxValue;
        private int _looks;

        public long Free
        {
            set => Volatile.Write(ref _free, value);
        }

        public int Looks => Volatile.Read(ref _looks);

        public IFile Open(string path, FileOpenMode mode) => inner.Open(path, mode);

        public bool FileExists(string path) => inner.FileExists(path);

        public bool DirectoryExists(string path) => inner.DirectoryExists(path);

        public void CreateDirectory(string path) => inner.CreateDirectory(path);

        public IReadOnlyList<string> ListFiles(string directory) => inner.ListFiles(directory);

        public IReadOnlyList<string> ListDirectories(string directory) => inner.ListDirectories(directory);

        public void Rename(string from, string to) => inner.Rename(from, to);

        public void DeleteFile(string path) => inner.DeleteFile(path);

        public void DeleteDirectory(string path) => inner.DeleteDirectory(path);

        public void SyncDirectory(string directory) => inner.SyncDirectory(directory);

        public long LastWriteTimeMs(string path) => inner.LastWriteTimeMs(path);

        public long FreeBytes(string directory)
        {
            Interlocked.Increment(ref _looks);
            return Volatile.Read(ref _free);
        }

        public IDisposable Lock(string path) => inner.Lock(path);
    }
}
