using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

public class BrokerLifeCycleTests
{
    [Fact]
    public void The_broker_epoch_is_the_offset_of_the_registration()
    {
        // C-14.9, S-C15.
        var cluster = new Cluster();

        BrokerEpoch first = cluster.Start(1);
        BrokerEpoch second = cluster.Start(1);

        Assert.Equal(0, first.Value);
        Assert.True(second.Value > first.Value);
        Assert.Equal(second, cluster.Image.Brokers.ById[new NodeId(1)].Epoch);
    }

    [Fact]
    public void The_same_incarnation_registers_once()
    {
        // KAFKA-16952.
        var cluster = Cluster.WithBrokers(1);
        var start = new BrokerStart
        {
            Id = new NodeId(1),
            IncarnationId = cluster.Image.Brokers.ById[new NodeId(1)].IncarnationId,
            LogDirectoryId = Guid.Empty,
            Endpoints = [],
            PreviousEpoch = BrokerEpoch.None,
        };

        Assert.Empty(BrokerControl.Register(cluster.Image, start).Records);
    }

    [Theory]
    [InlineData("commit", true, false)]
    [InlineData("commit", false, false)] // what it acknowledged was flushed
    [InlineData("os", true, false)]
    [InlineData("os", false, true)] // it may have lost its tail: only the last known leader may lead, and that is unclean
    public void The_only_replica_leads_again_in_a_new_epoch(string flush, bool clean, bool uncleanElection)
    {
        var cluster = new Cluster();
        BrokerEpoch epoch = cluster.Start(1);
        cluster.Create("t", configs: ("flush", flush));

        cluster.Start(1, clean ? epoch : BrokerEpoch.None);

        Assert.Equal(new NodeId(1), cluster.Partition("t").Leader);
        Assert.Equal(2, cluster.Partition("t").LeaderEpoch.Value); // P4: never goes on in its old epoch
        Assert.Equal(uncleanElection ? 2 : -1, cluster.Partition("t").LastUncleanEpoch.Value);
    }

    [Fact]
    public void A_wiped_disk_never_leads_again_by_itself()
    {
        // P75.
        var cluster = new Cluster();
        cluster.Start(1);
        cluster.Create("t", configs: ("flush", "commit"));

        cluster.Start(1, disk: Guid.NewGuid());

        Assert.Equal(NodeId.None, cluster.Partition("t").Leader);
    }

    [Fact]
    public void A_suspect_partition_leaves_isr_and_elr()
    {
        //
        var cluster = Cluster.WithBrokers(2);
        TopicId topic = cluster.Create("t", partitions: 1, factor: 2, ("flush", "commit"), ("min.insync.replicas", "2")).Topic.Id;

        cluster.Commit(BrokerControl.Register(cluster.Image, new BrokerStart
        {
            Id = new NodeId(1),
            IncarnationId = Guid.NewGuid(),
            LogDirectoryId = cluster.Image.Brokers.ById[new NodeId(1)].LogDirectoryId,
            Endpoints = [],
            PreviousEpoch = BrokerEpoch.None,
            SuspectPartitions = [new TopicPartition(topic, 0)],
        }));

        Assert.DoesNotContain(new NodeId(1), cluster.Partition("t").Isr);
        Assert.DoesNotContain(new NodeId(1), cluster.Partition("t").Elr);
        Assert.Equal(new NodeId(2), cluster.Partition("t").Leader);
    }

    [Fact]
    public void R_14_4_a_lost_partition_leaves_isr_and_elr_by_its_name_and_is_forgotten_as_last_leader()
    {
        // S-R2.
        var cluster = Cluster.WithBrokers(2);
        cluster.Create("t", partitions: 2, factor: 2, ("flush", "commit"), ("min.insync.replicas", "2"));
        cluster.Fence(2);
        cluster.Fence(1);

        cluster.Commit(BrokerControl.Register(cluster.Image, new BrokerStart
        {
            Id = new NodeId(1),
            IncarnationId = Guid.NewGuid(),
            LogDirectoryId = cluster.Image.Brokers.ById[new NodeId(1)].LogDirectoryId,
            Endpoints = [],
            PreviousEpoch = cluster.Image.Brokers.ById[new NodeId(1)].Epoch,
            LostPartitions = [new LostPartition("t", 0), new LostPartition("other", 1)],
        }));

        Assert.Equal(new NodeId(2), Assert.Single(cluster.Partition("t").Elr));
        Assert.NotEqual(new NodeId(1), cluster.Partition("t").LastKnownLeader);
        Assert.Equal(2, cluster.Partition("t", 1).Elr.Length);
    }

    [Fact]
    public void Fencing_moves_leaderships_and_keeps_who_is_eligible()
    {
        // R-9.10 (P58).
        var cluster = Cluster.WithBrokers(2);
        cluster.Create("t", partitions: 1, factor: 2, ("min.insync.replicas", "2"));
        NodeId first = cluster.Partition("t").Leader;
        NodeId second = cluster.Partition("t").Replicas.Single(r => r != first);

        cluster.Fence(first.Value);

        Assert.Equal(second, cluster.Partition("t").Leader);
        Assert.Equal(first, Assert.Single(cluster.Partition("t").Elr));
        Assert.Equal(1, cluster.Partition("t").LeaderEpoch.Value);

        cluster.Fence(second.Value);

        Assert.Equal(NodeId.None, cluster.Partition("t").Leader);
        Assert.Empty(cluster.Partition("t").Isr);
        Assert.Equal(2, cluster.Partition("t").Elr.Length);
        Assert.Equal(second, cluster.Partition("t").LastKnownLeader);

        cluster.Start(first.Value, cluster.Image.Brokers.ById[first].Epoch);
        Assert.Equal(first, cluster.Partition("t").Leader);
    }

    [Fact]
    public void An_isr_shrink_does_not_bump_the_leader_epoch()
    {
        // R-2.2 (KAFKA-15021).
        var cluster = Cluster.WithBrokers(2);
        cluster.Create("t", partitions: 1, factor: 2);
        NodeId follower = cluster.Partition("t").Replicas[1];

        cluster.Fence(follower.Value);

        Assert.Equal(0, cluster.Partition("t").LeaderEpoch.Value);
        Assert.Equal(1, cluster.Partition("t").PartitionEpoch.Value);
        Assert.Empty(cluster.Partition("t").Elr);
    }

    [Fact]
    public void Another_registration_is_not_touched()
    {
        var cluster = Cluster.WithBrokers(1);

        Assert.Equal(ErrorCode.StaleBrokerEpoch, BrokerControl.Unfence(cluster.Image, new NodeId(1), new BrokerEpoch(99)).Response?.Code);
        Assert.Equal(ErrorCode.BrokerIdNotRegistered, BrokerControl.Fence(cluster.Image, new NodeId(9), new BrokerEpoch(0)).Response?.Code);
        Assert.Empty(BrokerControl.Unfence(cluster.Image, new NodeId(1), cluster.Image.Brokers.ById[new NodeId(1)].Epoch).Records);
    }

    [Fact]
    public void Producer_id_blocks_never_overlap()
    {
        // C-14.11, S-C15.
        var cluster = new Cluster();

        long first = cluster.Commit(ProducerIdControl.Allocate(cluster.Image));
        long second = cluster.Commit(ProducerIdControl.Allocate(cluster.Image));

        Assert.Equal(first + ProducerIdControl.BlockSize, second);
    }

    [Fact]
    public void Bootstrap_happens_once()
    {
        var cluster = new Cluster();

        Assert.True(cluster.Commit(FeatureControl.Bootstrap(cluster.Image)));
        Assert.False(cluster.Commit(FeatureControl.Bootstrap(cluster.Image)));
        Assert.Single(cluster.Log);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void C_14_9_a_large_broker_is_taken_out_piece_by_piece_its_own_record_last(bool fences)
    {
        var cluster = Cluster.WithBrokers(3);
        cluster.Create("a", partitions: 10, factor: 3);
        var id = new NodeId(1);
        BrokerEpoch epoch = cluster.Image.Brokers.ById[id].Epoch;
        int pieces = 0;
        while (cluster.Image.Brokers.IsActive(id))
        {
            Decision<OperationError?> piece = fences
                ? BrokerControl.Fence(cluster.Image, id, epoch, most: 3)
                : BrokerControl.BeginShutdown(cluster.Image, id, epoch, most: 3);
            Assert.InRange(piece.Records.Length, 1, 4);
            Assert.Null(cluster.Commit(piece)); // checks that no broker that is fenced or stops is in an ISR
            pieces++;
        }

        Assert.Equal(4, pieces);
        Assert.All(cluster.Image.Topics.Find("a")!.Partitions, partition =>
        {
            Assert.DoesNotContain(id, partition.Isr);
            Assert.NotEqual(id, partition.Leader);
            Assert.Equal(1, partition.PartitionEpoch.Value); // each was changed once
        });
    }
}
