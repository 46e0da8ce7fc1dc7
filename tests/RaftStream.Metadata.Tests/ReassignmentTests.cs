using System.Collections.Immutable;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>Other replicas for a partition: begun, ended by the proposal that was missing, cancelled (R-10.1 to, P57, P73).</summary>
public class ReassignmentTests
{
    private readonly Cluster _cluster = Cluster.WithBrokers(5);

    public ReassignmentTests() => Create("t", 2, 1, 2, 3);

    private PartitionState State => _cluster.Partition("t");

    [Fact]
    public void It_begins_with_all_replicas_and_the_same_leader()
    {
        PartitionState before = State;

        Assert.Null(_cluster.Reassign("t", 0, [4, 2, 5]));

        Assert.Equal([4, 2, 5, 1, 3], Cluster.Ids(State.Replicas));
        Assert.Equal([4, 5], Cluster.Ids(State.Adding));
        Assert.Equal([1, 3], Cluster.Ids(State.Removing));
        Assert.Equal([2, 1, 3], Cluster.Ids(State.Isr)); // in the order of the replicas
        Assert.Equal((before.Leader, before.LeaderEpoch), (State.Leader, State.LeaderEpoch));
    }

    [Fact]
    public void It_ends_with_the_proposal_that_brings_the_last_added_replica()
    {
        _cluster.Reassign("t", 0, [4, 2, 5]);
        PartitionState begun = State;
        Assert.Equal(ErrorCode.None, _cluster.Propose("t", 0, 1, 2, 3, 4).Error);
        Assert.NotEmpty(State.Adding);

        // The leader goes with the others: it learns of it at once.
        Assert.Equal(ErrorCode.NewLeaderElected, _cluster.Propose("t", 0, 1, 2, 3, 4, 5).Error);

        Assert.Equal([4, 2, 5], Cluster.Ids(State.Replicas));
        Assert.Equal([4, 2, 5], Cluster.Ids(State.Isr));
        Assert.Empty(State.Adding);
        Assert.Empty(State.Removing);
        Assert.Equal(new NodeId(4), State.Leader);
        Assert.Equal(begun.LeaderEpoch.Value + 1, State.LeaderEpoch.Value);
        Assert.DoesNotContain(_cluster.Image.Topics.OfBroker(new NodeId(1)), p => p.Topic.Name == "t");
    }

    [Fact]
    public void P57_the_leader_epoch_moves_when_a_replica_is_dropped_and_the_leader_stays()
    {
        _cluster.Reassign("t", 0, [1, 2, 4]);
        PartitionState begun = State;

        Assert.Equal(ErrorCode.None, _cluster.Propose("t", 0, 1, 2, 3, 4).Error);

        Assert.Equal([1, 2, 4], Cluster.Ids(State.Replicas));
        Assert.Equal(new NodeId(1), State.Leader);
        Assert.Equal(begun.LeaderEpoch.Value + 1, State.LeaderEpoch.Value);
    }

    [Fact]
    public void P73_it_does_not_end_while_too_few_would_be_in_sync() // |isr - removing| >= min(minISR, |target|)
    {
        _cluster.Reassign("t", 0, [4, 2, 5]);
        _cluster.Propose("t", 0, 1, 3, 4);
        Assert.NotEmpty(State.Adding);

        _cluster.Propose("t", 0, 1, 4, 5);
        Assert.Equal([4, 5], Cluster.Ids(State.Isr)); // 2 of minimum 2 are enough
        Assert.Empty(State.Adding);
    }

    [Fact]
    public void P73_fewer_replicas_all_must_be_in_sync() // KAFKA-19975
    {
        _cluster.Propose("t", 0, 1, 3);

        Assert.Null(_cluster.Reassign("t", 0, [2, 1], allowFactorChange: true));
        Assert.Equal([3], Cluster.Ids(State.Removing));
        _cluster.Propose("t", 0, 1, 2, 3);

        Assert.Equal([2, 1], Cluster.Ids(State.Replicas));
        Assert.Equal(new NodeId(1), State.Leader);
    }

    [Fact]
    public void Fewer_replicas_that_are_in_sync_end_it_at_once()
    {
        Assert.Null(_cluster.Reassign("t", 0, [3], allowFactorChange: true));

        Assert.Equal([3], Cluster.Ids(State.Replicas));
        Assert.Equal(new NodeId(3), State.Leader);
        Assert.Equal(1, State.MinIsr);
    }

    [Fact]
    public void Another_order_only_changes_who_is_preferred()
    {
        PartitionState before = State;

        Assert.Null(_cluster.Reassign("t", 0, [3, 2, 1]));

        Assert.Equal([3, 2, 1], Cluster.Ids(State.Replicas));
        Assert.Equal((before.Leader, before.LeaderEpoch), (State.Leader, State.LeaderEpoch));
        Assert.Empty(State.Adding);
    }

    [Fact]
    public void More_replicas_raise_the_minimum_only_when_they_are_there()
    {
        Create("one", 2, 1);
        Assert.Equal(1, _cluster.Partition("one").MinIsr);

        Assert.Null(_cluster.Reassign("one", 0, [1, 2, 3], allowFactorChange: true));
        Assert.Equal(1, _cluster.Partition("one").MinIsr); // writes go on
        _cluster.Propose("one", 0, 1, 2, 3);

        Assert.Equal(2, _cluster.Partition("one").MinIsr);
        Assert.Empty(_cluster.Partition("one").Adding);
    }

    [Fact]
    public void A_config_change_meanwhile_counts_when_it_ends()
    {
        _cluster.Reassign("t", 0, [4, 5], allowFactorChange: true);
        Assert.Null(_cluster.Alter("t", ("min.insync.replicas", "3")));
        Assert.Equal(3, State.MinIsr);

        _cluster.Propose("t", 0, 1, 2, 3, 4, 5);

        Assert.Equal([4, 5], Cluster.Ids(State.Replicas));
        Assert.Equal(2, State.MinIsr);
    }

    [Fact]
    public void A_second_request_replaces_the_first() // base = replicas - adding
    {
        _cluster.Reassign("t", 0, [4, 2, 3]);
        _cluster.Propose("t", 0, 1, 2, 3);
        PartitionState first = State;

        Assert.Null(_cluster.Reassign("t", 0, [5, 2, 3]));

        Assert.Equal([5, 2, 3, 1], Cluster.Ids(State.Replicas));
        Assert.Equal([5], Cluster.Ids(State.Adding));
        Assert.Equal([1], Cluster.Ids(State.Removing));
        Assert.Equal(first.LeaderEpoch.Value + 1, State.LeaderEpoch.Value); // 4 was dropped
    }

    [Fact]
    public void It_is_cancelled_and_what_was_added_is_fenced() // KAFKA-13972
    {
        _cluster.Reassign("t", 0, [4, 5, 3]);
        _cluster.Propose("t", 0, 1, 2, 3, 4);
        PartitionState running = State;

        Assert.Null(_cluster.Reassign("t", 0, null));

        Assert.Equal([1, 2, 3], Cluster.Ids(State.Replicas).Order());
        Assert.Equal([1, 2, 3], Cluster.Ids(State.Isr).Order());
        Assert.Equal(new NodeId(1), State.Leader);
        Assert.Equal(running.LeaderEpoch.Value + 1, State.LeaderEpoch.Value);
        Assert.Equal(ErrorCode.NoReassignmentInProgress, _cluster.Reassign("t", 0, null)?.Code);
    }

    [Fact]
    public void P73_a_cancel_that_would_leave_nobody_in_sync_is_refused()
    {
        _cluster.Reassign("t", 0, [4, 5, 3]);
        _cluster.Propose("t", 0, 1, 2, 4);
        _cluster.Fence(1);
        _cluster.Fence(2);
        Assert.Equal([4], Cluster.Ids(State.Isr));

        OperationError? error = _cluster.Reassign("t", 0, null);

        Assert.Equal(ErrorCode.InvalidReplicaAssignment, error?.Code);
        Assert.Contains("Start one of the brokers", error!.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorCode.InvalidReplicaAssignment, _cluster.Reassign("t", 0, [1, 2, 3])?.Code); // the same by another name

        _cluster.Start(1, previous: _cluster.Image.Brokers.ById[new NodeId(1)].Epoch);
        _cluster.Propose("t", 0, 1, 4);
        Assert.Null(_cluster.Reassign("t", 0, null));
        Assert.Equal(new NodeId(1), State.Leader);
    }

    [Fact]
    public void P73_the_last_old_replica_dies_when_the_new_one_joins()
    {
        Create("one", 1, 1);
        _cluster.Reassign("one", 0, [4]);
        _cluster.Fence(1);
        Assert.Equal(NodeId.None, _cluster.Partition("one").Leader); // 4 is not in sync: nobody may lead
        Assert.Equal([1], Cluster.Ids(_cluster.Partition("one").Elr));

        _cluster.Start(1, previous: _cluster.Image.Brokers.ById[new NodeId(1)].Epoch);
        _cluster.Propose("one", 0, 1, 4);

        Assert.Equal([4], Cluster.Ids(_cluster.Partition("one").Replicas));
        Assert.Equal(new NodeId(4), _cluster.Partition("one").Leader);
    }

    [Fact]
    public void An_eligible_replica_that_comes_back_ends_it_when_it_was_all_that_was_missing()
    {
        Create("one", 1, 1, 2);
        _cluster.Propose("one", 0, 1);
        _cluster.Reassign("one", 0, [1], allowFactorChange: true);

        Assert.Equal([1], Cluster.Ids(_cluster.Partition("one").Replicas));
    }

    [Theory]
    [InlineData(ErrorCode.InvalidReplicaAssignment, 1, 1, 2)]
    [InlineData(ErrorCode.InvalidReplicaAssignment, 1, 2, 9)]
    [InlineData(ErrorCode.InvalidReplicaAssignment)]
    [InlineData(ErrorCode.InvalidReplicationFactor, 1, 2)]
    public void A_target_that_cannot_be_is_refused(ErrorCode expected, params int[] target) =>
        Assert.Equal(expected, _cluster.Reassign("t", 0, target)?.Code);

    [Fact]
    public void Another_number_of_replicas_names_the_option_that_allows_it() =>
        Assert.Contains("--change-replication-factor", _cluster.Reassign("t", 0, [1, 2])!.Message, StringComparison.Ordinal);

    [Fact]
    public void Partitions_must_be_there_and_named_once()
    {
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _cluster.Reassign("nope", 0, [1])?.Code);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _cluster.Reassign("t", 7, [1])?.Code);
        var one = new Reassignment(new PartitionReference(new TopicReference("t", TopicId.None), 0), Cluster.Nodes(3, 2, 1));

        ImmutableArray<PartitionOutcome> outcomes = _cluster.Commit(ReassignmentControl.Alter(_cluster.Image, _cluster.Settings, [one, one], false));

        Assert.Equal([ErrorCode.InvalidRequest, ErrorCode.InvalidRequest], outcomes.Select(o => o.Error?.Code));
        Assert.Equal([1, 2, 3], Cluster.Ids(State.Replicas)); // neither is carried out
    }

    [Fact]
    public void Too_many_at_once_are_refused()
    {
        _cluster.Settings = new ControllerSettings { MaxRecordsPerOperation = 1 };
        var one = new Reassignment(new PartitionReference(new TopicReference("t", TopicId.None), 0), Cluster.Nodes(3, 2, 1));

        Assert.All(
            _cluster.Commit(ReassignmentControl.Alter(_cluster.Image, _cluster.Settings, [one, one], false)),
            outcome => Assert.Equal(ErrorCode.PolicyViolation, outcome.Error?.Code));
    }

    [Fact]
    public void A_topic_grows_by_partitions_of_its_own_factor_while_it_is_moved()
    {
        _cluster.Reassign("t", 0, [4, 2, 5]);

        TopicOutcome grown = _cluster.Commit(PartitionControl.Create(
            _cluster.Image, _cluster.Settings, [new NewPartitions(new TopicReference("t", TopicId.None), 2)], false, new Prng(1))).Single();

        Assert.Null(grown.Error);
        Assert.Equal(3, _cluster.Partition("t", 1).Replicas.Length);
    }

    [Fact]
    public void A_snapshot_keeps_what_is_under_way()
    {
        _cluster.Reassign("t", 0, [4, 2, 5]);
        TopicId id = _cluster.Image.Topics.Find("t")!.Id;

        MetadataImage read = ImageSnapshot.Read(ImageSnapshot.Write(_cluster.Image), _cluster.Image.EndOffset);

        Assert.Equal(State.ToRecord(id), read.Topics.Find("t")!.Partitions[0].ToRecord(id));
    }

    private void Create(string name, int minIsr, params int[] replicas) => _cluster.Create(new NewTopic
    {
        Name = name,
        Assignments = ImmutableSortedDictionary<int, ImmutableArray<NodeId>>.Empty.Add(0, Cluster.Nodes(replicas)),
        Configs = ConfigsImage.NoValues.Add("min.insync.replicas", minIsr.ToString(System.Globalization.CultureInfo.InvariantCulture)),
    });
}
