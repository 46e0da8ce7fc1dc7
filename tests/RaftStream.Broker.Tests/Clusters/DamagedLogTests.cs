using System.Collections.Immutable;
using System.Text;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Producing;
using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests.Clusters;

/// <summary>Brokers whose disks lose what they held: others go on, and nobody who lacks acknowledged records leads.</summary>
public sealed class DamagedLogTests
{
    private static readonly ImmutableSortedDictionary<int, ImmutableArray<NodeId>> OnBoth =
        ImmutableSortedDictionary<int, ImmutableArray<NodeId>>.Empty.Add(0, [new NodeId(4), new NodeId(5)]);

    private readonly Guid[] _directories = [Guid.NewGuid(), Guid.NewGuid()];

    [Theory]
    [InlineData("tail")]
    [InlineData("metadata")]
    [InlineData("folder")]
    public async Task S_R2_a_replica_that_lost_what_it_acknowledged_is_not_elected(string damage)
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        cluster.Change = options => options with { CheckpointMs = 20 };
        BrokerNode leader = await cluster.StartBrokerAsync(4, _directories[0]);
        BrokerNode follower = await cluster.StartBrokerAsync(5, _directories[1]);
        await CreateAsync("t", leader, follower, ("flush", "commit"), ("min.insync.replicas", "2"));
        await ProduceAsync("t", leader, 20);
        await Eventually.TrueAsync(() => Checkpoint(cluster, "/node-5/data/flushed-offset-checkpoint").Contains("t-0 20", StringComparison.Ordinal));
        await cluster.CrashAsync(follower);
        await Eventually.TrueAsync(() => Cell("t", leader).Role.State!.Isr.Length == 1);
        await cluster.CrashAsync(leader);
        await Eventually.TrueAsync(() => cluster.Controller.Committed.Topics.Find("t")!.Partitions[0].Elr.Length == 2);

        Damage(cluster, damage);
        BrokerNode back = await cluster.StartBrokerAsync(5, _directories[1]);

        Assert.Equal(new NodeId(4), Assert.Single(cluster.Controller.Committed.Topics.Find("t")!.Partitions[0].Elr));
        leader = await cluster.StartBrokerAsync(4, _directories[0]);
        await Eventually.TrueAsync(() => Cell("t", back).HighWatermark.Value == 20);
        Assert.True(Cell("t", leader).Role.IsLeader);
    }

    [Fact]
    public async Task L_6_a_partition_that_cannot_be_read_does_not_keep_the_others_from_being_followed()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        BrokerNode leader = await cluster.StartBrokerAsync(4, _directories[0]);
        BrokerNode follower = await cluster.StartBrokerAsync(5, _directories[1]);
        string[] topics = ["a", "b", "c"];
        foreach (string topic in topics)
        {
            await CreateAsync(topic, leader, follower);
        }

        await cluster.CrashAsync(follower);
        foreach (string topic in topics)
        {
            await Eventually.TrueAsync(() => Cell(topic, leader).Role.State!.Isr.Length == 1);
            await ProduceAsync(topic, leader, 50);
        }

        using (IFile log = cluster.Files.Open("/node-4/data/a-0/00000000000000000000.log", FileOpenMode.ReadWrite))
        {
            log.SetLength(log.Length - 30);
        }

        BrokerNode back = await cluster.StartBrokerAsync(5, _directories[1]);

        await Eventually.TrueAsync(() => Cell("b", leader).Role.State!.Isr.Length == 2 && Cell("c", leader).Role.State!.Isr.Length == 2);
        await ProduceAsync("b", leader, 50);
        Assert.Equal(100, Cell("b", back).Log.LogEndOffset.Value);
        Assert.Single(Cell("a", leader).Role.State!.Isr);
    }

    [Fact]
    public async Task R_14_4_a_leader_that_reads_damage_stops_and_fetches_the_partition_anew_from_another_replica()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        BrokerNode leader = await cluster.StartBrokerAsync(4, _directories[0]);
        BrokerNode follower = await cluster.StartBrokerAsync(5, _directories[1]);
        await CreateAsync("t", leader, follower, ("flush", "commit"));
        await ProduceAsync("t", leader, 20);
        Rot(cluster, "/node-4/data/t-0", at: 16); // the magic of the first batch

        Assert.Equal(ErrorCode.KafkaStorageError, await ReadAsync("t", leader));

        Assert.Contains("fetches the partition anew", await leader.Failure.WaitAsync(TimeSpan.FromMinutes(1)), StringComparison.Ordinal);
        await cluster.CrashAsync(leader);
        await Eventually.TrueAsync(() => Cell("t", follower).Role.IsLeader);
        BrokerNode back = await cluster.StartBrokerAsync(4, _directories[0]);
        await Eventually.TrueAsync(() => Cell("t", follower).Role.State!.Isr.Length == 2);
        Assert.Equal(20, Cell("t", back).Log.LogEndOffset.Value);
        Assert.Equal(ErrorCode.None, Cell("t", back).Log.Read(Offset.Zero, 1000, new Offset(20)).Error);
        Assert.Null(Cell("t", back).Log.SuspectReason);
        Assert.False(cluster.Files.FileExists("/node-4/data/t-0/damaged"));
    }

    [Theory]
    [InlineData("fetch")]
    [InlineData("send")]
    [InlineData("time")]
    public async Task R_14_4_a_disk_that_cannot_read_what_a_consumer_wants_ends_the_leadership(string read)
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        using var broken = new GuardedFiles(cluster.Files);
        cluster.DiskOf = id => id == 4 ? broken : cluster.Files;
        BrokerNode leader = await cluster.StartBrokerAsync(4, _directories[0]);
        BrokerNode follower = await cluster.StartBrokerAsync(5, _directories[1]);
        await CreateAsync("t", leader, follower, ("flush", "commit"));
        await ProduceAsync("t", leader, 20);
        PartitionCell cell = Cell("t", leader);
        using LogSlice slice = cell.Read(Offset.Zero, maxBytes: 1000, atLeastOneBatch: true, out _);

        FailReads(broken, StorageErrorKind.NoHandles);
        await ReadSomehowAsync(); // which says nothing of the disk
        Assert.Equal(BrokerState.Running, leader.State);
        FailReads(broken, StorageErrorKind.Io);
        await ReadSomehowAsync();

        Assert.Contains("fetches the partition anew", await leader.Failure.WaitAsync(TimeSpan.FromMinutes(1)), StringComparison.Ordinal);
        broken.FailRead = _ => null;
        await cluster.CrashAsync(leader);
        await Eventually.TrueAsync(() => Cell("t", follower).Role.IsLeader);
        BrokerNode back = await cluster.StartBrokerAsync(4, _directories[0]);
        await Eventually.TrueAsync(() => Cell("t", follower).Role.State!.Isr.Length == 2);
        Assert.Equal(20, Cell("t", back).Log.LogEndOffset.Value);

        async Task ReadSomehowAsync()
        {
            if (read == "fetch")
            {
                Assert.Equal(ErrorCode.KafkaStorageError, await ReadAsync("t", leader));
            }
            else if (read == "send")
            {
                Assert.Throws<StorageException>(() => slice.CopyTo(new byte[10], 0));
            }
            else
            {
                Assert.Equal(ErrorCode.KafkaStorageError, OffsetFinder.Find(cell, timestampMs: 1, LeaderEpoch.Unknown).Error);
            }
        }
    }

    private static void FailReads(GuardedFiles files, StorageErrorKind kind) => files.FailRead = path =>
        path.Contains("/t-0/", StringComparison.Ordinal) ? new StorageException(kind, $"{path} cannot be read") : null;

    [Fact]
    public async Task R_14_4_records_that_a_follower_refuses_are_checked_by_the_leader()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        BrokerNode leader = await cluster.StartBrokerAsync(4, _directories[0]);
        BrokerNode second = await cluster.StartBrokerAsync(5, _directories[1]);
        var third = Guid.NewGuid();
        BrokerNode late = await cluster.StartBrokerAsync(6, third);
        await CreateAsync("t", OnBoth.SetItem(0, [new NodeId(4), new NodeId(5), new NodeId(6)]), leader, late);
        await cluster.CrashAsync(late);
        await Eventually.TrueAsync(() => Cell("t", leader).Role.State!.Isr.Length == 2);
        await ProduceAsync("t", leader, 20);
        Rot(cluster, "/node-4/data/t-0", at: 66); // in the first record

        late = await cluster.StartBrokerAsync(6, third);

        Assert.Contains("wrong checksum", await leader.Failure.WaitAsync(TimeSpan.FromMinutes(1)), StringComparison.Ordinal);
        await cluster.CrashAsync(leader);
        await Eventually.TrueAsync(() => Cell("t", second).Role.IsLeader);
        await Eventually.TrueAsync(() => Cell("t", late).Log.LogEndOffset.Value == 20);
    }

    [Fact]
    public async Task R_14_4_the_last_replica_keeps_serving_what_it_can_read()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        BrokerNode leader = await cluster.StartBrokerAsync(4, _directories[0]);
        BrokerNode follower = await cluster.StartBrokerAsync(5, _directories[1]);
        await CreateAsync("t", leader, follower);
        await cluster.CrashAsync(follower);
        await Eventually.TrueAsync(() => Cell("t", leader).Role.State!.Isr.Length == 1);
        await ProduceAsync("t", leader, 20);
        Rot(cluster, "/node-4/data/t-0", at: 16);

        Assert.Equal(ErrorCode.KafkaStorageError, await ReadAsync("t", leader));
        await ProduceAsync("t", leader, 1); // behind what the read has made the partition think of

        Assert.Equal(BrokerState.Running, leader.State);
        Assert.False(Cell("t", leader).Log.IsMarkedDamaged);
    }

    private static void Rot(SmallCluster cluster, string folder, long at)
    {
        using IFile log = cluster.Files.Open($"{folder}/00000000000000000000.log", FileOpenMode.ReadWrite);
        byte[] one = new byte[1];
        log.Read(one, at);
        log.Write([(byte)(one[0] ^ 0x40)], at);
    }

    private static async Task<ErrorCode> ReadAsync(string topic, BrokerNode broker)
    {
        FetchSession fetch = broker.Api!.NewFetch();
        fetch.Add(TryFind(topic, broker)!.Value, FetchPosition.At(Offset.Zero));
        await fetch.ReadAsync(maxWaitMs: 0, minBytes: 1, maxBytes: 0, default);
        ErrorCode error = fetch[0].Error;
        fetch.Clear();
        return error;
    }

    private static void Damage(SmallCluster cluster, string damage)
    {
        const string Folder = "/node-5/data/t-0";
        if (damage == "folder")
        {
            cluster.Files.DeleteDirectory(Folder);
            return;
        }

        using IFile file = cluster.Files.Open(
            damage == "tail" ? $"{Folder}/00000000000000000000.log" : $"{Folder}/partition.metadata", FileOpenMode.ReadWrite);
        if (damage == "metadata")
        {
            file.SetLength(3);
            return;
        }

        byte[] one = new byte[1];
        file.Read(one, file.Length / 2);
        file.Write([(byte)(one[0] ^ 1)], file.Length / 2);
    }

    private static string Checkpoint(SmallCluster cluster, string path)
    {
        if (!cluster.Files.FileExists(path))
        {
            return "";
        }

        using IFile file = cluster.Files.Open(path, FileOpenMode.Read);
        byte[] content = new byte[file.Length];
        return Encoding.UTF8.GetString(content.AsSpan(0, file.Read(content, 0)));
    }

    private static Task CreateAsync(string topic, BrokerNode leader, BrokerNode follower, params (string Name, string Value)[] configs) =>
        CreateAsync(topic, OnBoth, leader, follower, configs);

    private static async Task CreateAsync(
        string topic,
        ImmutableSortedDictionary<int, ImmutableArray<NodeId>> replicas,
        BrokerNode leader,
        BrokerNode follower,
        params (string Name, string Value)[] configs)
    {
        var wanted = new NewTopic
        {
            Name = topic,
            Assignments = replicas,
            Configs = configs.ToImmutableSortedDictionary(config => config.Name, config => config.Value),
        };
        Assert.Null((await leader.Api!.Admin.CreateTopicsAsync([wanted], validateOnly: false)).Single().Error);
        await Eventually.TrueAsync(() => TryFind(topic, follower) is not null && Cell(topic, leader).Role.IsLeader);
    }

    private static BrokerPartition? TryFind(string topic, BrokerNode broker) =>
        broker.Api!.TryFind(Encoding.UTF8.GetBytes(topic), TopicId.None, 0, out BrokerPartition found, out _) ? found : null;

    private static PartitionCell Cell(string topic, BrokerNode broker) => TryFind(topic, broker)!.Value.Cell;

    private static async Task ProduceAsync(string topic, BrokerNode leader, int count)
    {
        for (int i = 0; i < count; i++)
        {
            var call = new ProduceCall();
            ValueTask<ProduceResult> answer = call.BeginAsync();
            await leader.Api!.ProduceAsync(new ProduceCommand
            {
                Partition = TryFind(topic, leader)!.Value,
                Batch = TestBroker.Batch([$"value {i}"]),
                Acks = RequiredAcks.All,
                TimeoutMs = 30_000,
                Sink = call,
                Ticket = call.Ticket,
            });
            Assert.Equal(ErrorCode.None, (await answer).Error);
        }
    }
}
