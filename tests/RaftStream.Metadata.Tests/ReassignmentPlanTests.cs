using System.Collections.Immutable;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>Plans empty brokers and fill new ones, and move as little as that takes.</summary>
public class ReassignmentPlanTests
{
    [Fact]
    public void A_broker_that_is_removed_holds_nothing_and_the_rest_stays()
    {
        Cluster cluster = Cluster.WithBrokers(4);
        cluster.Create("t", partitions: 12, factor: 3);

        ImmutableArray<PlannedMove> moves = Plan(cluster, new ReassignmentWish { Remove = [new NodeId(2)] });

        Assert.Equal(cluster.Image.Topics.OfBroker(new NodeId(2)).Count(), moves.Length);
        Assert.All(moves, move => Assert.Single(move.Current.Except(move.Target), new NodeId(2)));
        CarryOut(cluster, moves);
        Assert.Empty(cluster.Image.Topics.OfBroker(new NodeId(2)));
        Assert.Empty(Plan(cluster, new ReassignmentWish { Remove = [new NodeId(2)] }));
    }

    [Fact]
    public void A_broker_that_is_added_gets_its_share_of_replicas_and_leaders()
    {
        Cluster cluster = Cluster.WithBrokers(3);
        cluster.Create("t", partitions: 40, factor: 3);
        cluster.Create("u", partitions: 20, factor: 1);
        cluster.Start(4);

        ImmutableArray<PlannedMove> moves = Plan(cluster, new ReassignmentWish { Add = [new NodeId(4)] });

        Assert.All(moves, move => Assert.Contains(new NodeId(4), move.Target));
        CarryOut(cluster, moves);
        Assert.InRange(Replicas(cluster, 4), 33, 37); // of 140
        Assert.InRange(Leaders(cluster, 4), 13, 17); // of 60
        Assert.InRange(moves.Length, 33, 37); // nothing else moves
    }

    [Fact]
    public void Brokers_that_are_named_hold_everything_evenly()
    {
        var cluster = new Cluster();
        cluster.Start(1);
        cluster.Create("t", partitions: 30);
        cluster.Start(2);
        cluster.Start(3);
        cluster.Start(4);

        CarryOut(cluster, Plan(cluster, new ReassignmentWish { Brokers = Cluster.Nodes(2, 3, 4) }));

        Assert.Equal([0, 10, 10, 10], Enumerable.Range(1, 4).Select(id => Replicas(cluster, id)));
    }

    [Fact]
    public void Racks_stay_apart()
    {
        var cluster = new Cluster();
        for (int id = 1; id <= 6; id++)
        {
            cluster.Start(id, rack: "r" + (id % 3));
        }

        cluster.Create("t", partitions: 24, factor: 3);

        CarryOut(cluster, Plan(cluster, new ReassignmentWish { Remove = [new NodeId(1)] }));
        cluster.Start(7, rack: "r1");
        CarryOut(cluster, Plan(cluster, new ReassignmentWish { Add = [new NodeId(7)] }));

        Assert.All(cluster.Image.Topics.Find("t")!.Partitions, p => Assert.Equal(3, p.Replicas.DistinctBy(id => cluster.Image.Brokers.ById[id].Rack).Count()));
        Assert.True(Replicas(cluster, 7) >= 8);
    }

    [Fact]
    public void Only_the_topics_that_are_named_move()
    {
        Cluster cluster = Cluster.WithBrokers(3);
        cluster.Create("t", partitions: 6, factor: 2);
        cluster.Create("u", partitions: 6, factor: 2);

        ImmutableArray<PlannedMove> moves = Plan(
            cluster, new ReassignmentWish { Remove = [new NodeId(1)], Topics = [new TopicReference("u", TopicId.None)] });

        Assert.NotEmpty(moves);
        Assert.All(moves, move => Assert.Equal("u", move.Topic.Name));
    }

    [Fact]
    public void What_is_under_way_counts_as_done()
    {
        Cluster cluster = Cluster.WithBrokers(3);
        cluster.Create("t", partitions: 3, factor: 2);
        foreach (PlannedMove move in Plan(cluster, new ReassignmentWish { Remove = [new NodeId(1)] }))
        {
            Assert.Null(cluster.Reassign("t", move.Partition, Cluster.Ids(move.Target)));
        }

        Assert.Empty(Plan(cluster, new ReassignmentWish { Remove = [new NodeId(1)] }));
    }

    [Fact]
    public void A_dead_broker_is_emptied_too_and_gets_nothing()
    {
        Cluster cluster = Cluster.WithBrokers(4);
        cluster.Create("t", partitions: 12, factor: 2);
        cluster.Fence(3);
        cluster.Fence(2);

        ImmutableArray<PlannedMove> moves = Plan(cluster, new ReassignmentWish { Remove = [new NodeId(2)] });

        Assert.All(moves, move => Assert.DoesNotContain(move.Target.Except(move.Current), id => id == new NodeId(3)));
    }

    [Fact]
    public void Wishes_that_cannot_be_are_told_apart()
    {
        Cluster cluster = Cluster.WithBrokers(3);
        cluster.Create("t", partitions: 1, factor: 3);
        cluster.Start(4, unfence: false);

        Assert.Equal(ErrorCode.InvalidRequest, Error(new ReassignmentWish()));
        Assert.Equal(ErrorCode.InvalidRequest, Error(new ReassignmentWish { Add = Cluster.Nodes(1), Brokers = Cluster.Nodes(1) }));
        Assert.Equal(ErrorCode.InvalidRequest, Error(new ReassignmentWish { Add = Cluster.Nodes(1), Remove = Cluster.Nodes(1) }));
        Assert.Equal(ErrorCode.BrokerIdNotRegistered, Error(new ReassignmentWish { Add = Cluster.Nodes(9) }));
        Assert.Equal(ErrorCode.BrokerIdNotRegistered, Error(new ReassignmentWish { Remove = Cluster.Nodes(9) }));
        Assert.Equal(ErrorCode.InvalidReplicaAssignment, Error(new ReassignmentWish { Brokers = Cluster.Nodes(4) }));
        Assert.Equal(ErrorCode.InvalidReplicationFactor, Error(new ReassignmentWish { Remove = Cluster.Nodes(1) }));
        Assert.Equal(
            ErrorCode.UnknownTopicOrPartition,
            Error(new ReassignmentWish { Remove = Cluster.Nodes(1), Topics = [new TopicReference("nope", TopicId.None)] }));

        ErrorCode? Error(ReassignmentWish wish) => ReassignmentPlan.Of(cluster.Image, wish).Error?.Code;
    }

    private static ImmutableArray<PlannedMove> Plan(Cluster cluster, ReassignmentWish wish)
    {
        (ImmutableArray<PlannedMove> moves, OperationError? error) = ReassignmentPlan.Of(cluster.Image, wish);
        Assert.Null(error);
        return moves;
    }

    /// <summary>Reassigns, and lets the leaders bring the new replicas in.</summary>
    private static void CarryOut(Cluster cluster, ImmutableArray<PlannedMove> moves)
    {
        foreach (PlannedMove move in moves)
        {
            Assert.Null(cluster.Reassign(move.Topic.Name, move.Partition, Cluster.Ids(move.Target)));
            PartitionState state = cluster.Partition(move.Topic.Name, move.Partition);
            if (!state.Adding.IsEmpty)
            {
                cluster.Propose(move.Topic.Name, move.Partition, Cluster.Ids(state.Replicas));
            }

            Assert.Equal(Cluster.Ids(move.Target), Cluster.Ids(cluster.Partition(move.Topic.Name, move.Partition).Replicas));
        }
    }

    private static int Replicas(Cluster cluster, int id) => cluster.Image.Topics.OfBroker(new NodeId(id)).Count();

    private static int Leaders(Cluster cluster, int id) =>
        cluster.Image.Topics.OfBroker(new NodeId(id)).Count(p => p.Partition.Replicas[0] == new NodeId(id));
}
