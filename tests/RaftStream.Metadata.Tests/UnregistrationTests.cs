using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

public class UnregistrationTests
{
    [Fact]
    public void A_forgotten_broker_is_in_no_isr_and_leads_nothing()
    {
        // S-R8, R-9.9: Cluster checks every image.
        Cluster cluster = Cluster.WithBrokers(2);
        cluster.Create("t", partitions: 4, factor: 2);

        Assert.Null(cluster.Commit(UnregistrationControl.Unregister(cluster.Image, new NodeId(1), force: true)));

        Assert.Null(cluster.Image.Brokers.Find(new NodeId(1)));
        Assert.All(cluster.Image.Topics.Find("t")!.Partitions, p => Assert.Equal(new NodeId(2), p.Leader));
        Assert.All(cluster.Image.Topics.Find("t")!.Partitions, p => Assert.Contains(new NodeId(1), p.Replicas));
    }

    [Fact]
    public void R_9_5_An_empty_replacement_of_a_forgotten_broker_is_not_eligible()
    {
        // S-R2: the replica that is intact would truncate to what the empty one has.
        ControllerHarness controller = WithoutLeader("2", 1, 2);
        Assert.Contains(new NodeId(1), controller.Partition("t").Elr);

        controller.Submit(ControllerOperation.Of("unregister", image => UnregistrationControl.Unregister(image, new NodeId(1), force: true)));
        PartitionState forgotten = controller.Partition("t");
        Assert.DoesNotContain(new NodeId(1), forgotten.Elr);
        Assert.NotEqual(new NodeId(1), forgotten.LastKnownLeader);

        controller.Register(1, with: start => start with { LogDirectoryId = Guid.NewGuid() });
        controller.Beat(1);
        Assert.Equal(NodeId.None, controller.Partition("t").Leader);

        controller.Register(2);
        controller.Beat(2);
        Assert.Equal(new NodeId(2), controller.Partition("t").Leader);
    }

    [Fact]
    public void R_9_5_a_broker_that_is_not_known_is_not_eligible_whatever_older_metadata_says()
    {
        Cluster cluster = Cluster.WithBrokers(2);
        cluster.Create("t", partitions: 1, factor: 2, ("min.insync.replicas", "2"), ("flush", "commit"));
        cluster.Fence(1);
        cluster.Fence(2);
        cluster.Mutate = (old, _) => old with { PartitionEpoch = new PartitionEpoch(old.PartitionEpoch.Value + 1) };
        cluster.Commit(UnregistrationControl.Unregister(cluster.Image, new NodeId(1), force: true));
        cluster.Mutate = null;
        Assert.Contains(new NodeId(1), cluster.Partition("t").Elr);

        cluster.Start(1);

        Assert.Equal(new NodeId(2), Assert.Single(cluster.Partition("t").Elr));
        Assert.Equal(NodeId.None, cluster.Partition("t").Leader);
        cluster.Start(2);
        Assert.Equal(new NodeId(2), cluster.Partition("t").Leader);
    }

    [Fact]
    public void R_9_4_The_only_replica_of_a_forgotten_broker_gets_no_empty_leader_by_itself()
    {
        ControllerHarness controller = WithoutLeader("1", 1);

        controller.Submit(ControllerOperation.Of("unregister", image => UnregistrationControl.Unregister(image, new NodeId(1), force: true)));
        controller.Register(1, with: start => start with { LogDirectoryId = Guid.NewGuid() });
        controller.Beat(1);

        PartitionState partition = controller.Partition("t");
        Assert.Equal(NodeId.None, partition.Leader);
        Assert.Equal(NodeId.None, partition.LastKnownLeader);
        Assert.Empty(partition.Elr);
    }

    [Theory]
    [InlineData(1, "of t-0: move")]
    [InlineData(3, "of t-0, t-1, t-2: move")]
    [InlineData(5, "of t-0, t-1, t-2 and 2 more: move")]
    public void C_14_8_a_replica_of_partitions_is_forgotten_by_force_only(int partitions, string expected)
    {
        // S-R2: a copy that is given up may be the only one.
        Cluster cluster = Cluster.WithBrokers(2);
        cluster.Create("t", partitions, factor: 2);

        Decision<OperationError?> refused = UnregistrationControl.Unregister(cluster.Image, new NodeId(1));

        Assert.Empty(refused.Records);
        Assert.Equal(ErrorCode.InvalidRequest, refused.Response?.Code);
        Assert.Contains(expected, refused.Response!.Message, StringComparison.Ordinal);
        Assert.Contains("raftstream broker drain 1; or --force", refused.Response.Message, StringComparison.Ordinal);
        Assert.Contains("raftstream partition elect <topic> --unclean", refused.Response.Message, StringComparison.Ordinal);
        Assert.Null(cluster.Commit(UnregistrationControl.Unregister(cluster.Image, new NodeId(1), force: true)));
    }

    [Fact]
    public void Unregistering_again_is_refused() =>
        Assert.Equal(
            ErrorCode.BrokerIdNotRegistered,
            UnregistrationControl.Unregister(Cluster.WithBrokers(1).Image, new NodeId(7)).Response?.Code);

    [Fact]
    public void Another_incarnation_gets_an_epoch_that_was_never_used()
    {
        // S-C15.
        Cluster cluster = Cluster.WithBrokers(1);
        BrokerEpoch old = cluster.Image.Brokers.ById[new NodeId(1)].Epoch;
        cluster.Commit(UnregistrationControl.Unregister(cluster.Image, new NodeId(1)));

        Assert.True(cluster.Start(1).Value > old.Value);
    }

    /// <summary>A topic whose replicas have all died, the first one first.</summary>
    private static ControllerHarness WithoutLeader(string minIsr, params int[] replicas)
    {
        ControllerHarness controller = ControllerHarness.Leading();
        controller.Start(1, 2);
        controller.Ask(image => ConfigControl.Alter(
            image, new ControllerSettings(), [new ConfigAlteration(ConfigOwner.Cluster, [new ConfigChange("min.insync.replicas", minIsr)])], false));
        controller.Topic("t", 1, replicas);
        controller.NowMs += 1500;
        controller.Beat(2);
        controller.Tick(1000);
        controller.Tick(3000);
        controller.Tick(3000);
        Assert.Equal(NodeId.None, controller.Partition("t").Leader);
        return controller;
    }
}
