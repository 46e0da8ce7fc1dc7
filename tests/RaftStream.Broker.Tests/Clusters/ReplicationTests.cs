using System.Buffers;
using System.Collections.Immutable;
using RaftStream.Broker.Admin;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Producing;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker.Tests.Clusters;

/// <summary>Brokers that follow each other over real ports: what is acknowledged is on all of them, whoever leads next.</summary>
public sealed class ReplicationTests
{
    private static readonly ImmutableSortedDictionary<string, string> NoConfigs = ConfigsImage.NoValues;

    [Theory]
    [InlineData("os")]
    [InlineData("commit")]
    public async Task What_is_acknowledged_is_on_every_replica_and_committed_there_too(string flush)
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync();
        BrokerNode[] brokers = [await cluster.StartBrokerAsync(4), await cluster.StartBrokerAsync(5), await cluster.StartBrokerAsync(6)];
        await CreateAsync(brokers, 3, NoConfigs.Add("flush", flush).Add("min.insync.replicas", "2"));
        BrokerNode leader = await LeaderAsync(brokers);

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(ErrorCode.None, (await ProduceAsync(leader, $"value {i}")).Error);
        }

        foreach (BrokerNode broker in brokers)
        {
            PartitionCell cell = Cell(broker);
            Assert.Equal(20, cell.Log.EffectiveEnd.Value); // all of the ISR had it before the last answer.
            await Eventually.TrueAsync(() => cell.HighWatermark.Value == 20); // L-9
        }
    }

    [Fact]
    public async Task R_15_3_records_are_deleted_when_every_replica_that_is_up_has_deleted_them()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        List<BrokerNode> brokers = [await cluster.StartBrokerAsync(4), await cluster.StartBrokerAsync(5), await cluster.StartBrokerAsync(6)];
        await CreateAsync(brokers, 3, NoConfigs.Add("min.insync.replicas", "2"));
        BrokerNode leader = await LeaderAsync(brokers);
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(ErrorCode.None, (await ProduceAsync(leader, $"value {i}")).Error);
        }

        Assert.Equal(new DeletedRecords(ErrorCode.None, new Offset(2)), await DeleteAsync(2));
        Assert.Equal([2, 2, 2], brokers.Select(broker => Cell(broker).Log.LogStartOffset.Value));

        // One that does not answer is waited for as long as the controller takes it to be up.
        BrokerNode other = brokers.First(broker => broker != leader);
        await cluster.CrashAsync(other);
        brokers.Remove(other);
        Assert.Equal(new DeletedRecords(ErrorCode.None, new Offset(3)), await DeleteAsync(3));
        Assert.Equal([3, 3], brokers.Select(broker => Cell(broker).Log.LogStartOffset.Value));

        BrokerNode follower = brokers.Single(broker => broker != leader);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await follower.Api!.Admin.DeleteRecordsAsync(Find(follower), 4, 1000)).Error);

        Task<DeletedRecords> DeleteAsync(long before) => leader.Api!.Admin.DeleteRecordsAsync(Find(leader), before, timeoutMs: 60_000);
    }

    [Fact]
    public async Task R_6_1_a_follower_takes_no_produce_and_says_who_leads()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync();
        BrokerNode[] brokers = [await cluster.StartBrokerAsync(4), await cluster.StartBrokerAsync(5)];
        await CreateAsync(brokers, 2, NoConfigs);
        BrokerNode leader = await LeaderAsync(brokers);
        BrokerNode follower = brokers.Single(broker => broker != leader);

        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await ProduceAsync(follower, "x")).Error);
        Assert.Equal(Cell(leader).Role.State!.Leader, Cell(follower).Role.State!.Leader);
    }

    [Theory]
    [InlineData("os")]
    [InlineData("commit")]
    public async Task S_R13_a_crashed_leader_loses_nothing_that_was_acknowledged_and_follows_when_it_is_back(string flush)
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        var directories = new Dictionary<int, Guid> { [4] = Guid.NewGuid(), [5] = Guid.NewGuid(), [6] = Guid.NewGuid() };
        List<BrokerNode> brokers = [];
        foreach ((int id, Guid directory) in directories)
        {
            brokers.Add(await cluster.StartBrokerAsync(id, directory));
        }

        await CreateAsync(brokers, 3, NoConfigs.Add("flush", flush).Add("min.insync.replicas", "2"));
        BrokerNode first = await LeaderAsync(brokers);
        int firstId = first.Api!.NodeId.Value;
        Assert.Equal(ErrorCode.None, (await ProduceAsync(first, "before")).Error);

        await cluster.CrashAsync(first);
        brokers.Remove(first);
        BrokerNode second = await LeaderAsync(brokers, not: firstId);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(second, "after")).Error);
        BrokerNode back = await cluster.StartBrokerAsync(firstId, directories[firstId]);

        await Eventually.TrueAsync(() => Cell(second).Role.State!.Isr.Length == 3); // L-6
        await Eventually.TrueAsync(() => Cell(back).HighWatermark.Value == 2);
        Assert.Equal(["before", "after"], await ReadAsync(second));
        Assert.True(Cell(second).Role.LeaderEpoch.Value > 0);
    }

    [Fact]
    public async Task G_3_5_a_follower_that_takes_over_knows_what_the_producer_sent_before()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        List<BrokerNode> brokers = [await cluster.StartBrokerAsync(4), await cluster.StartBrokerAsync(5), await cluster.StartBrokerAsync(6)];
        await CreateAsync(brokers, 3, NoConfigs.Add("min.insync.replicas", "2"));
        BrokerNode first = await LeaderAsync(brokers);
        int firstId = first.Api!.NodeId.Value;
        Assert.Equal(0, (await SendAsync(first, IdempotenceTests.Batch(0, "a"), RequiredAcks.All)).BaseOffset.Value);
        Assert.Equal(1, (await SendAsync(first, IdempotenceTests.Batch(1, "b"), RequiredAcks.All)).BaseOffset.Value);

        await cluster.CrashAsync(first);
        brokers.Remove(first);
        BrokerNode second = await LeaderAsync(brokers, not: firstId);

        Assert.Equal(1, (await SendAsync(second, IdempotenceTests.Batch(1, "b"), RequiredAcks.All)).BaseOffset.Value);
        Assert.Equal(ErrorCode.OutOfOrderSequenceNumber, (await SendAsync(second, IdempotenceTests.Batch(3, "d"), RequiredAcks.All)).Error);
        Assert.Equal(2, (await SendAsync(second, IdempotenceTests.Batch(2, "c"), RequiredAcks.All)).BaseOffset.Value);
        Assert.Equal(["a", "b", "c"], await ReadAsync(second));
    }

    [Fact]
    public async Task R_4_1_too_few_in_sync_replicas_take_no_acks_all()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        List<BrokerNode> brokers = [await cluster.StartBrokerAsync(4), await cluster.StartBrokerAsync(5)];
        await CreateAsync(brokers, 2, NoConfigs.Add("min.insync.replicas", "2"));
        BrokerNode leader = await LeaderAsync(brokers);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(leader, "both")).Error);

        await cluster.CrashAsync(brokers.Single(broker => broker != leader));
        await Eventually.TrueAsync(() => Cell(leader).Role.State!.Isr.Length == 1);

        Assert.Equal(ErrorCode.NotEnoughReplicas, (await ProduceAsync(leader, "one")).Error);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(leader, "not committed", RequiredAcks.Leader)).Error);
        Assert.Equal(1, Cell(leader).HighWatermark.Value); // P54
    }

    [Fact]
    public async Task R_17_2_a_leader_without_a_controller_takes_no_acks_leader_which_would_be_lost()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(sessionMs: 300);
        List<BrokerNode> brokers = [await cluster.StartBrokerAsync(4), await cluster.StartBrokerAsync(5)];
        await CreateAsync(brokers, 2, NoConfigs);
        BrokerNode leader = await LeaderAsync(brokers);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(leader, "one", RequiredAcks.Leader)).Error);

        await cluster.Controller.DisposeAsync();

        await Eventually.TrueAsync(() => Cell(leader).CheckProduce(RequiredAcks.Leader) == ErrorCode.NotLeaderOrFollower);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, (await ProduceAsync(leader, "lost", RequiredAcks.Leader)).Error);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(leader, "on both")).Error);
    }

    [Fact]
    public async Task R_11_3_the_latest_offset_is_not_known_until_the_high_watermark_reaches_the_start_of_the_reign()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync();
        var disks = new Dictionary<int, GuardedFiles>();
        cluster.DiskOf = id => disks[id] = new GuardedFiles(cluster.Files);
        BrokerNode[] brokers = [await cluster.StartBrokerAsync(4), await cluster.StartBrokerAsync(5)];
        await CreateAsync(brokers, 2, NoConfigs.Add("flush", "commit"));
        BrokerNode old = await LeaderAsync(brokers);
        BrokerNode next = brokers.Single(broker => broker != old);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(old, "committed")).Error);
        GuardedFiles slow = disks[next.Api!.NodeId.Value];
        slow.HoldFlushes();
        try
        {
            Assert.Equal(ErrorCode.None, (await ProduceAsync(old, "not yet", RequiredAcks.Leader)).Error);
            await Eventually.TrueAsync(() => Cell(next).Log.LogEndOffset.Value == 2 && Cell(next).HighWatermark.Value == 1);
            await cluster.CrashAsync(old);
            await Eventually.TrueAsync(() => Cell(next).Role.IsLeader);

            Assert.Equal(2, Cell(next).ReignStart.Value);
            Assert.Equal(ErrorCode.OffsetNotAvailable, At(-1).Error); // KIP-207
            Assert.Equal(ErrorCode.OffsetNotAvailable, At(-3).Error);
            Assert.Equal((ErrorCode.None, new Offset(0)), (At(-2).Error, At(-2).Offset));
            Assert.Equal((ErrorCode.None, new Offset(0)), (At(0).Error, At(0).Offset));
        }
        finally
        {
            slow.ReleaseFlushes();
        }

        await Eventually.TrueAsync(() => At(-1).Error == ErrorCode.None);
        Assert.Equal(2, At(-1).Offset.Value);
        Assert.Equal(ErrorCode.None, At(-3).Error);

        FoundOffset At(long timestampMs) => next.Api!.FindOffset(Find(next), timestampMs, LeaderEpoch.Unknown);
    }

    [Fact]
    public async Task R_7_6_a_new_replica_of_a_log_that_begins_inside_a_batch_catches_up()
    {
        await using SmallCluster cluster = await SmallCluster.StartAsync(brokerSessionMs: 600);
        Guid[] directories = [Guid.NewGuid(), Guid.NewGuid()];
        List<BrokerNode> brokers = [await cluster.StartBrokerAsync(4, directories[0]), await cluster.StartBrokerAsync(5, directories[1])];
        await CreateAsync(brokers, 2, NoConfigs);
        BrokerNode leader = await LeaderAsync(brokers);
        BrokerNode follower = brokers.Single(broker => broker != leader);
        int followerId = follower.Api!.NodeId.Value;
        await cluster.CrashAsync(follower);
        await Eventually.TrueAsync(() => Cell(leader).Role.State!.Isr.Length == 1);
        Assert.Equal(ErrorCode.None, (await ProduceAsync(leader, "a", "b", "c", "d")).Error);
        Assert.True(Cell(leader).WithLog(log => log.AdvanceLogStart(new Offset(2))));
        Cell(leader).LogChanged();

        BrokerNode back = await cluster.StartBrokerAsync(followerId, directories[followerId - 4]);

        await Eventually.TrueAsync(() => Cell(leader).Role.State!.Isr.Length == 2 && Cell(back).HighWatermark.Value == 4);
        Assert.Equal(2, Cell(back).Log.LogStartOffset.Value);
        Assert.Equal(4, Cell(back).Log.LogEndOffset.Value);
    }

    private static async Task CreateAsync(IEnumerable<BrokerNode> brokers, int replicas, ImmutableSortedDictionary<string, string> configs)
    {
        ImmutableArray<TopicOutcome> outcomes = await brokers.First().Api!.Admin.CreateTopicsAsync(
            [new NewTopic { Name = "orders", Partitions = 1, ReplicationFactor = replicas, Configs = configs }], validateOnly: false);
        Assert.Null(outcomes.Single().Error);
        foreach (BrokerNode broker in brokers)
        {
            await Eventually.TrueAsync(() => broker.Api!.TryFind("orders"u8, TopicId.None, 0, out _, out _));
        }
    }

    private static async Task<BrokerNode> LeaderAsync(IReadOnlyCollection<BrokerNode> brokers, int not = -1)
    {
        BrokerNode? leader = null;
        await Eventually.TrueAsync(() =>
        {
            leader = brokers.FirstOrDefault(broker => broker.Api!.NodeId.Value != not && Cell(broker).Role.IsLeader);
            return leader is not null;
        });
        return leader!;
    }

    private static BrokerPartition Find(BrokerNode broker)
    {
        Assert.True(broker.Api!.TryFind("orders"u8, TopicId.None, 0, out BrokerPartition found, out var error), error?.Message);
        return found;
    }

    private static PartitionCell Cell(BrokerNode broker) => Find(broker).Cell;

    private static Task<ProduceResult> ProduceAsync(BrokerNode broker, params string[] values) => ProduceAsync(broker, values, RequiredAcks.All);

    private static Task<ProduceResult> ProduceAsync(BrokerNode broker, string value, RequiredAcks acks) => ProduceAsync(broker, [value], acks);

    private static Task<ProduceResult> ProduceAsync(BrokerNode broker, string[] values, RequiredAcks acks) =>
        SendAsync(broker, TestBroker.Batch(values), acks);

    private static async Task<ProduceResult> SendAsync(BrokerNode broker, ReadOnlySequence<byte> batch, RequiredAcks acks)
    {
        var call = new ProduceCall();
        ValueTask<ProduceResult> answer = call.BeginAsync();
        await broker.Api!.ProduceAsync(new ProduceCommand
        {
            Partition = Find(broker),
            Batch = batch,
            Acks = acks,
            TimeoutMs = 30_000,
            Sink = call,
            Ticket = call.Ticket,
        });
        return await answer;
    }

    private static async Task<List<string>> ReadAsync(BrokerNode broker)
    {
        FetchSession fetch = broker.Api!.NewFetch();
        var values = new List<string>();
        Offset at = Cell(broker).Log.LogStartOffset;
        while (at < Cell(broker).HighWatermark)
        {
            fetch.Clear();
            fetch.Add(Find(broker), FetchPosition.At(at));
            await fetch.ReadAsync(maxWaitMs: 0, minBytes: 1, maxBytes: 0, default);
            Assert.Equal(ErrorCode.None, fetch[0].Error);
            values.AddRange(TestBroker.Values(fetch[0]));
            at = fetch[0].Slice.NextOffset;
        }

        fetch.Clear();
        return values;
    }
}
