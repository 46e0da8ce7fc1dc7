using System.Collections.Immutable;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>A leader's proposals at the controller, the checks of in their order (P49, P50, P51, P52, P74).</summary>
public class IsrControlTests
{
    private readonly Cluster _cluster = Cluster.WithBrokers(3);
    private readonly TopicId _topic;

    public IsrControlTests()
    {
        _topic = _cluster.Create(new NewTopic
        {
            Name = "t",
            Assignments = ImmutableSortedDictionary<int, ImmutableArray<NodeId>>.Empty.Add(0, Cluster.Nodes(1, 2, 3)),
        }).Topic.Id;
    }

    private PartitionState State => _cluster.Partition("t");

    [Fact]
    public void A_shrink_moves_the_partition_epoch_and_not_the_leader_epoch() // KAFKA-15021
    {
        PartitionState before = State;

        IsrOutcome outcome = Propose(1, 1, 3);

        Assert.Equal(ErrorCode.None, outcome.Error);
        Assert.Equal(State.ToRecord(_topic), outcome.State!.ToRecord(_topic));
        Assert.Equal([1, 3], Ids(State.Isr));
        Assert.Equal(before.LeaderEpoch, State.LeaderEpoch);
        Assert.Equal(before.PartitionEpoch.Value + 1, State.PartitionEpoch.Value);
    }

    [Fact]
    public void The_isr_is_kept_in_the_order_of_the_replicas()
    {
        Propose(1, 1);

        Assert.Equal(ErrorCode.None, Propose(1, 3, 2, 1).Error);
        Assert.Equal([1, 2, 3], Ids(State.Isr));
    }

    [Fact]
    public void P49_an_equal_proposal_moves_the_partition_epoch_and_fences_its_copies()
    {
        Propose(1, 1, 2);
        IsrProposal rejected = Proposal(1, 2, 3);
        _cluster.Fence(3);
        Assert.Equal(ErrorCode.IneligibleReplica, Send(1, rejected).Error);

        PartitionState before = State;
        Assert.Equal(ErrorCode.None, Propose(1, 1, 2).Error);
        Assert.Equal(before.PartitionEpoch.Value + 1, State.PartitionEpoch.Value);

        _cluster.Start(3);
        Assert.Equal(ErrorCode.InvalidUpdateVersion, Send(1, rejected).Error);
        Assert.Equal([1, 2], Ids(State.Isr));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    public void P50_who_knows_less_than_the_leader_is_not_its_controller(int laterLeaderEpoch, int laterPartitionEpoch)
    {
        IsrProposal proposal = Proposal(1, 2);

        IsrOutcome outcome = Send(1, proposal with
        {
            LeaderEpoch = new LeaderEpoch(proposal.LeaderEpoch.Value + laterLeaderEpoch),
            PartitionEpoch = new PartitionEpoch(proposal.PartitionEpoch.Value + laterPartitionEpoch),
        });

        Assert.Equal(ErrorCode.NotController, outcome.Error);
        Assert.Null(outcome.State);
    }

    [Fact]
    public void P51_a_broker_that_has_restarted_since_its_fetch_does_not_join() // KIP-903
    {
        BrokerEpoch fetched = Epoch(3);
        Propose(1, 1, 2);
        _cluster.Start(3);

        Assert.Equal(ErrorCode.IneligibleReplica, Send(1, Proposal(1, 2) with { NewIsr = [Member(1), Member(2), new IsrMember(new NodeId(3), fetched)] }).Error);
        Assert.Equal(ErrorCode.None, Send(1, Proposal(1, 2) with { NewIsr = [Member(1), Member(2), new IsrMember(new NodeId(3), Epoch(3))] }).Error);
        Assert.Equal([1, 2, 3], Ids(State.Isr));
    }

    [Fact]
    public void P51_a_fenced_broker_does_not_join() // KIP-841
    {
        _cluster.Fence(3);

        Assert.Equal(ErrorCode.IneligibleReplica, Propose(1, 1, 2, 3).Error);
        Assert.Equal([1, 2], Ids(State.Isr));
    }

    [Fact]
    public void P52_a_broker_in_shutdown_does_not_join()
    {
        Assert.Null(_cluster.Commit(BrokerControl.BeginShutdown(_cluster.Image, new NodeId(3), Epoch(3))));

        Assert.Equal(ErrorCode.IneligibleReplica, Propose(1, 1, 2, 3).Error);
    }

    [Fact]
    public void An_unregistered_broker_does_not_join()
    {
        _cluster.Commit(UnregistrationControl.Unregister(_cluster.Image, new NodeId(3), force: true));

        Assert.Equal(ErrorCode.IneligibleReplica, Propose(1, 1, 2, 3).Error);
    }

    [Fact]
    public void P74_a_proposal_of_an_older_reign_is_fenced_even_when_its_sender_leads_again()
    {
        IsrProposal old = Proposal(1);
        _cluster.Fence(1);
        _cluster.Start(1, previous: Epoch(1));
        Propose(2, 1, 2, 3);
        _cluster.Fence(2);
        Assert.Equal(new NodeId(1), State.Leader);

        Assert.Equal(ErrorCode.FencedLeaderEpoch, Send(1, old).Error);
        Assert.Equal(ErrorCode.FencedLeaderEpoch, Send(1, old with { PartitionEpoch = State.PartitionEpoch }).Error);
    }

    [Fact]
    public void The_sender_must_be_the_registration_in_force()
    {
        BrokerEpoch old = Epoch(1);
        _cluster.Start(1);

        Assert.Equal(ErrorCode.StaleBrokerEpoch, Send(1, Proposal(1), old).Error);
        Assert.Equal(ErrorCode.StaleBrokerEpoch, Send(9, Proposal(1), old).Error);
    }

    [Fact]
    public void The_sender_must_be_the_leader() => Assert.Equal(ErrorCode.InvalidRequest, Propose(2, 1, 2).Error);

    [Fact]
    public void Topics_and_partitions_must_be_there()
    {
        IsrProposal proposal = Proposal(1);

        Assert.Equal(ErrorCode.UnknownTopicId, Send(1, proposal with { Partition = new TopicPartition(new TopicId(Guid.NewGuid()), 0) }).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Send(1, proposal with { Partition = new TopicPartition(_topic, 1) }).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Send(1, proposal with { Partition = new TopicPartition(_topic, -1) }).Error);
    }

    [Theory]
    [InlineData(2, 3)] // without the leader
    [InlineData(1, 1)] // twice
    [InlineData(1, 4)] // not a replica
    [InlineData]
    public void An_isr_that_cannot_be_is_refused(params int[] isr) => Assert.Equal(ErrorCode.InvalidRequest, Propose(1, isr).Error);

    [Fact]
    public void An_update_version_counts_before_the_form_of_the_isr() // the order of
    {
        IsrProposal old = Proposal(4);
        Propose(1, 1, 2);

        Assert.Equal(ErrorCode.InvalidUpdateVersion, Send(1, old).Error);
    }

    [Fact]
    public void A_recovered_partition_does_not_recover_again()
        => Assert.Equal(ErrorCode.InvalidRequest, Send(1, Proposal(1) with { RecoveryState = RecoveryState.Recovering }).Error);

    [Fact]
    public void Proposals_of_one_request_stand_by_themselves_and_see_each_other()
    {
        IsrProposal first = Proposal(1, 2);

        IReadOnlyList<IsrOutcome> outcomes = _cluster.Commit(IsrControl.Decide(
            _cluster.Image, new NodeId(1), Epoch(1), [first with { Partition = new TopicPartition(_topic, 7) }, first, first]));

        Assert.Equal([ErrorCode.UnknownTopicOrPartition, ErrorCode.None, ErrorCode.InvalidUpdateVersion], outcomes.Select(o => o.Error));
        Assert.Equal([1, 2], Ids(State.Isr));
    }

    [Fact]
    public void The_answer_comes_with_the_commit_and_holds_the_state()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1, 2);
        TopicId topic = harness.Topic("t", 1, 1, 2);
        PartitionState before = harness.Partition("t");
        harness.Commits = false;

        long id = harness.Submit(IsrControl.Alter(new NodeId(1), harness.Broker(1).Epoch,
            [new IsrProposal(new TopicPartition(topic, 0), before.LeaderEpoch, before.PartitionEpoch, [Member(1)], RecoveryState.Recovered)]));
        Assert.False(harness.Answers.ContainsKey(id));
        harness.Commit();

        IsrOutcome outcome = Assert.IsAssignableFrom<IReadOnlyList<IsrOutcome>>(harness.Answers[id].Response).Single();
        Assert.Equal([1], Ids(outcome.State!.Isr));
        Assert.Equal([1], Ids(harness.Partition("t").Isr));
    }

    private static int[] Ids(ImmutableArray<NodeId> nodes) => [.. nodes.Select(id => id.Value)];

    private static IsrMember Member(int id) => new(new NodeId(id), BrokerEpoch.None);

    private BrokerEpoch Epoch(int id) => _cluster.Image.Brokers.ById[new NodeId(id)].Epoch;

    private IsrProposal Proposal(params int[] isr) => new(
        new TopicPartition(_topic, 0), State.LeaderEpoch, State.PartitionEpoch, [.. isr.Select(Member)], RecoveryState.Recovered);

    private IsrOutcome Propose(int sender, params int[] isr) => Send(sender, Proposal(isr));

    private IsrOutcome Send(int sender, IsrProposal proposal, BrokerEpoch? epoch = null) => _cluster.Commit(IsrControl.Decide(
        _cluster.Image, new NodeId(sender), epoch ?? Epoch(sender), [proposal])).Single();
}
