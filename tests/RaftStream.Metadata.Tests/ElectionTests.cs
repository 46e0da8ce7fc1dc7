using System.Collections.Immutable;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>Leaders that are preferred, leaders that lose records, and the balance between brokers .</summary>
public class ElectionTests
{
    private readonly Cluster _cluster = Cluster.WithBrokers(3);

    [Fact]
    public void The_first_replica_leads_when_it_is_asked_for_and_in_sync()
    {
        Create("t", 1, 1, 2, 3);
        Assert.Equal(ErrorCode.ElectionNotNeeded, _cluster.Elect(ElectionKind.Preferred, "t")?.Code);
        Restart(1);
        Assert.Equal(new NodeId(2), _cluster.Partition("t").Leader);
        Assert.Equal(ErrorCode.PreferredLeaderNotAvailable, _cluster.Elect(ElectionKind.Preferred, "t")?.Code);
        _cluster.Propose("t", 0, 1, 2, 3);
        PartitionState before = _cluster.Partition("t");

        Assert.Null(_cluster.Elect(ElectionKind.Preferred, "t"));

        Assert.Equal(new NodeId(1), _cluster.Partition("t").Leader);
        Assert.Equal(before.LeaderEpoch.Value + 1, _cluster.Partition("t").LeaderEpoch.Value);
        Assert.Equal([1, 2, 3], Cluster.Ids(_cluster.Partition("t").Isr));
    }

    [Fact]
    public void All_partitions_at_once_say_only_what_is_worth_saying()
    {
        Create("led", 1, 3, 2);
        Create("back", 1, 1, 2);
        Create("away", 1, 1, 3);
        Restart(1);
        _cluster.Propose("back", 0, 1, 2);

        ImmutableArray<PartitionOutcome> outcomes = _cluster.Commit(
            ElectionControl.Elect(_cluster.Image, _cluster.Settings, ElectionKind.Preferred, partitions: null));

        Assert.Equal([("away", ErrorCode.PreferredLeaderNotAvailable), ("back", null)], outcomes.Select(o => (o.Topic.Name, o.Error?.Code)));
        Assert.Equal(new NodeId(1), _cluster.Partition("back").Leader);
    }

    [Fact]
    public void Without_leave_a_replica_that_may_lack_records_does_not_lead() // off by default
    {
        OnlyTheWrongOneIsUp("t");

        Assert.Equal(NodeId.None, _cluster.Partition("t").Leader);
        Assert.Equal(new NodeId(1), _cluster.Partition("t").LastKnownLeader);
    }

    [Fact]
    public void An_operator_may_accept_the_loss()
    {
        OnlyTheWrongOneIsUp("t");
        LeaderEpoch before = _cluster.Partition("t").LeaderEpoch;

        Assert.Null(_cluster.Elect(ElectionKind.Unclean, "t"));

        PartitionState state = _cluster.Partition("t");
        Assert.Equal(new NodeId(2), state.Leader);
        Assert.Equal([2], Cluster.Ids(state.Isr));
        Assert.Empty(state.Elr);
        Assert.Equal(RecoveryState.Recovering, state.RecoveryState);
        Assert.Equal(before.Value + 1, state.LeaderEpoch.Value);
        Assert.Equal(state.LeaderEpoch, state.LastUncleanEpoch);
        Assert.Equal(ErrorCode.ElectionNotNeeded, _cluster.Elect(ElectionKind.Unclean, "t")?.Code);
    }

    [Fact]
    public void A_preferred_election_without_a_leader_says_what_else_there_is()
    {
        OnlyTheWrongOneIsUp("t");

        OperationError? error = _cluster.Elect(ElectionKind.Preferred, "t");

        Assert.Equal(ErrorCode.PreferredLeaderNotAvailable, error?.Code);
        Assert.Contains("raftstream partition elect t --partition 0 --unclean", error!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("start broker 2, which has all its acknowledged records.", 3, "", "2", 0, 5)]
    [InlineData("start one of the brokers 1, 2, which each have all", 3, "", "1,2", 0, 5)]
    [InlineData("had none since it was created: start one of the brokers 1, 2", 3, "", "", 0, 0)]
    [InlineData("start broker 1, which led it last. If it cannot come back", 3, "", "", 1, 5)]
    [InlineData("to have all its acknowledged records: let one that is up", 2, "", "", 0, 5)] // broker 2 is up
    [InlineData("start one of the brokers 1, 2, then let one", 3, "", "", 0, 5)]
    [InlineData("to have all its acknowledged records: let one that is up", 2, "", "", 2, 5)] // who led last is up, and may not
    public void A_partition_without_a_leader_says_what_brings_it_one(string expected, int up, string isr, string elr, int lastLeader, int epoch)
    {
        Create("t", 2, 1, 2);
        foreach (int broker in new[] { 1, 2, 3 }.Where(broker => broker != up))
        {
            _cluster.Fence(broker);
        }

        string told = LeaderlessPartition.Explain(
            "t",
            _cluster.Partition("t") with
            {
                Isr = Parse(isr),
                Elr = Parse(elr),
                Leader = NodeId.None,
                LastKnownLeader = lastLeader == 0 ? NodeId.None : new NodeId(lastLeader),
                LeaderEpoch = new LeaderEpoch(epoch),
            },
            _cluster.Image.Brokers);

        Assert.Contains(expected, told, StringComparison.Ordinal);
        Assert.Equal(epoch > 0, told.EndsWith("raftstream partition elect t --partition 0 --unclean", StringComparison.Ordinal));

        static ImmutableArray<NodeId> Parse(string ids) => [.. ids.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(id => new NodeId(int.Parse(id, System.Globalization.CultureInfo.InvariantCulture)))];
    }

    [Fact]
    public void A_leader_that_recovers_is_alone_until_it_says_so()
    {
        OnlyTheWrongOneIsUp("t");
        _cluster.Elect(ElectionKind.Unclean, "t");
        Assert.Equal(ErrorCode.InvalidRequest, Propose(RecoveryState.Recovering, 2, 3));
        Assert.Equal(ErrorCode.None, Propose(RecoveryState.Recovering, 2));

        Assert.Equal(ErrorCode.None, Propose(RecoveryState.Recovered, 2));

        Assert.Equal(RecoveryState.Recovered, _cluster.Partition("t").RecoveryState);
        Assert.Equal(ErrorCode.InvalidRequest, Propose(RecoveryState.Recovering, 2));
    }

    [Fact]
    public void Nobody_can_be_elected_when_nobody_is_up()
    {
        OnlyTheWrongOneIsUp("t");
        _cluster.Fence(2);

        Assert.Equal(ErrorCode.EligibleLeadersNotAvailable, _cluster.Elect(ElectionKind.Unclean, "t")?.Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void With_leave_the_partition_stays_available(bool ofCluster)
    {
        Create("t", 1, 1, 2);
        ConfigOwner owner = ofCluster ? ConfigOwner.Cluster : ConfigOwner.Topic("t");
        Assert.Null(_cluster.Alter(owner, ("unclean.leader.election.enable", "true")));
        _cluster.Propose("t", 0, 1);

        _cluster.Fence(1);

        Assert.Equal(new NodeId(2), _cluster.Partition("t").Leader);
        Assert.Equal(RecoveryState.Recovering, _cluster.Partition("t").RecoveryState);
    }

    [Fact]
    public void Leave_that_is_given_later_elects_at_once()
    {
        OnlyTheWrongOneIsUp("t");

        Assert.Null(_cluster.Alter(ConfigOwner.Cluster, ("unclean.leader.election.enable", "true")));

        Assert.Equal(new NodeId(2), _cluster.Partition("t").Leader);
    }

    [Fact]
    public void Leave_counts_for_whoever_comes_up_first()
    {
        Create("t", 1, 1, 2);
        _cluster.Alter("t", ("unclean.leader.election.enable", "true"));
        _cluster.Propose("t", 0, 1);
        BrokerEpoch epoch = _cluster.Image.Brokers.ById[new NodeId(2)].Epoch;
        _cluster.Fence(2);
        _cluster.Fence(1);
        Assert.Equal(NodeId.None, _cluster.Partition("t").Leader);

        _cluster.Start(2, previous: epoch);

        Assert.Equal(new NodeId(2), _cluster.Partition("t").Leader);
        Assert.Equal(_cluster.Partition("t").LeaderEpoch, _cluster.Partition("t").LastUncleanEpoch);
    }

    [Fact]
    public void Topics_of_the_cluster_never_lose_records_by_themselves()
    {
        Create("__consumer_offsets", 1, 1, 2);
        _cluster.Alter(ConfigOwner.Cluster, ("unclean.leader.election.enable", "true"));
        _cluster.Propose("__consumer_offsets", 0, 1);

        _cluster.Fence(1);

        Assert.Equal(NodeId.None, _cluster.Partition("__consumer_offsets").Leader);
        Assert.Null(_cluster.Elect(ElectionKind.Unclean, "__consumer_offsets"));
    }

    [Fact]
    public void Who_was_eligible_once_lacks_least() // former ELR first
    {
        Create("t", 2, 1, 2, 3);
        _cluster.Alter("t", ("unclean.leader.election.enable", "true"));
        _cluster.Propose("t", 0, 1, 3);
        _cluster.Fence(3); // eligible
        _cluster.Start(3, previous: _cluster.Image.Brokers.ById[new NodeId(3)].Epoch);

        _cluster.Fence(1);

        Assert.Equal(new NodeId(3), _cluster.Partition("t").Leader);
        Assert.Equal(LeaderEpoch.Unknown, _cluster.Partition("t").LastUncleanEpoch); // and it was no loss at all
    }

    [Fact]
    public void A_wiped_broker_is_not_even_the_last_known_leader()
    {
        Create("t", 1, 1, 2);
        _cluster.Alter("t", ("flush", "os"));
        _cluster.Propose("t", 0, 1);
        _cluster.Start(1, unfence: false); // unclean: not eligible, but the last known leader
        Assert.Equal(new NodeId(1), _cluster.Partition("t").LastKnownLeader);

        _cluster.Start(1, disk: Guid.NewGuid());

        Assert.Equal(NodeId.None, _cluster.Partition("t").LastKnownLeader);
        Assert.Equal(NodeId.None, _cluster.Partition("t").Leader);
    }

    [Theory]
    [InlineData("balanced", 1)]
    [InlineData("none", -1)]
    public void When_nobody_is_known_to_hold_everything_the_strategy_says_who_leads(string strategy, int leader) // step 3
    {
        NobodyHoldsEverything(strategy);

        _cluster.Unfence(1);

        PartitionState state = _cluster.Partition("t");
        Assert.Equal(new NodeId(leader), state.Leader);
        Assert.Equal(leader < 0 ? LeaderEpoch.Unknown : state.LeaderEpoch, state.LastUncleanEpoch);
    }

    [Theory]
    [InlineData("balanced")]
    [InlineData("none")]
    public void A_partition_that_nobody_has_led_begins_with_whoever_comes_first(string strategy) // there is nothing to lose
    {
        _cluster.Fence(1);
        _cluster.Fence(2);
        _cluster.Fence(3);
        Create("t", 2, 1, 2, 3);
        _cluster.Alter("t", ("flush", "os"), ("unclean.recovery.strategy", strategy));
        foreach (int id in (int[])[1, 2, 3])
        {
            _cluster.Start(id, unfence: false, disk: Guid.NewGuid());
        }

        _cluster.Unfence(2);

        PartitionState state = _cluster.Partition("t");
        Assert.Equal(new NodeId(2), state.Leader);
        Assert.Equal([2], Cluster.Ids(state.Isr));
        Assert.Equal([1, 3], Cluster.Ids(state.Elr));
        Assert.Equal(LeaderEpoch.Unknown, state.LastUncleanEpoch);

        _cluster.Start(3, unfence: false); // and from here on an unclean stop counts
        Assert.Equal([1], Cluster.Ids(_cluster.Partition("t").Elr));
    }

    [Fact]
    public void R_9_10_a_partition_created_below_its_minimum_outlives_the_disk_of_its_only_member()
    {
        _cluster.Fence(1);
        _cluster.Fence(3);
        Create("t", 2, 1, 2, 3);
        Assert.Equal([2], Cluster.Ids(_cluster.Partition("t").Isr));
        Assert.Equal([1, 3], Cluster.Ids(_cluster.Partition("t").Elr));

        _cluster.Start(2, disk: Guid.NewGuid()); // what it had is gone: nothing was committed there

        Assert.Equal(NodeId.None, _cluster.Partition("t").Leader);
        _cluster.Unfence(3);
        PartitionState state = _cluster.Partition("t");
        Assert.Equal(new NodeId(3), state.Leader);
        Assert.Equal([3], Cluster.Ids(state.Isr));
        Assert.Equal([1], Cluster.Ids(state.Elr));
        Assert.Equal(LeaderEpoch.Unknown, state.LastUncleanEpoch);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void R_9_10_a_partition_created_with_its_minimum_has_nobody_else_who_is_eligible(int minIsr)
    {
        for (int id = 3; id > minIsr; id--)
        {
            _cluster.Fence(id);
        }

        Create("t", minIsr, 1, 2, 3);

        Assert.Equal(minIsr, _cluster.Partition("t").Isr.Length);
        Assert.Empty(_cluster.Partition("t").Elr);
    }

    [Fact]
    public void Where_an_operator_decides_the_last_leader_comes_first() // step 3, R-9.6
    {
        NobodyHoldsEverything("none");
        _cluster.Unfence(1);
        _cluster.Unfence(2);

        Assert.Null(_cluster.Elect(ElectionKind.Unclean, "t"));

        Assert.Equal(new NodeId(1), _cluster.Partition("t").Leader);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_strategy_that_is_given_later_elects_at_once(bool ofCluster) // step 3
    {
        NobodyHoldsEverything("balanced");
        ConfigOwner owner = ofCluster ? ConfigOwner.Cluster : ConfigOwner.Topic("t");
        Assert.Null(_cluster.Alter("t", ("unclean.recovery.strategy", ofCluster ? null : "none")));
        Assert.Null(_cluster.Alter(owner, ("unclean.recovery.strategy", "none")));
        _cluster.Unfence(1);
        Assert.Equal(NodeId.None, _cluster.Partition("t").Leader);

        Assert.Null(_cluster.Alter(owner, ("unclean.recovery.strategy", "balanced")));

        Assert.Equal(new NodeId(1), _cluster.Partition("t").Leader);
    }

    [Fact]
    public void The_only_replica_leads_whatever_the_strategy() // step 3
    {
        Create("t", 1, 1);
        _cluster.Alter("t", ("unclean.recovery.strategy", "none"));
        _cluster.Alter("t", ("flush", "os"));

        _cluster.Start(1);

        Assert.Equal(new NodeId(1), _cluster.Partition("t").Leader);
    }

    [Fact]
    public void Leaderships_go_back_in_portions_when_too_many_are_elsewhere() // C-14.6
    {
        for (int i = 0; i < 5; i++)
        {
            Create("t" + i, 1, 1, 2);
        }

        Restart(1);
        for (int i = 0; i < 5; i++)
        {
            _cluster.Propose("t" + i, 0, 1, 2);
        }

        Assert.Equal(0, LedBy(1));
        Assert.Equal(NodeId.None, Balance(NodeId.None, most: 2)); // more of the same
        Assert.Equal(2, LedBy(1));
        Assert.Equal(NodeId.None, Balance(NodeId.None, most: 2));
        Assert.Equal(new NodeId(1), Balance(NodeId.None, most: 2));
        Assert.Equal(5, LedBy(1));
        Assert.Equal(new NodeId(2), Balance(new NodeId(1)));
        Assert.Equal(new NodeId(3), Balance(new NodeId(2)));
        Assert.Null(Balance(new NodeId(3)));
    }

    [Fact]
    public void A_few_leaderships_elsewhere_are_left_there()
    {
        for (int i = 0; i < 10; i++)
        {
            Create("t" + i, 1, 1, 2);
        }

        _cluster.Reassign("t0", 0, [2, 1]);
        _cluster.Elect(ElectionKind.Preferred, "t0");
        _cluster.Reassign("t0", 0, [1, 2]);
        Assert.Equal(9, LedBy(1));

        Balance(NodeId.None); // one of ten is not more than 10 %

        Assert.Equal(9, LedBy(1));
    }

    [Fact]
    public void The_controller_balances_by_itself_now_and_then()
    {
        ControllerHarness harness = ControllerHarness.Leading();
        harness.Start(1, 2);
        TopicId topic = harness.Topic("t", 1, 1, 2);
        harness.Register(1, with: start => start with { PreviousEpoch = harness.Broker(1).Epoch });
        Assert.NotNull(harness.Register(1).Error); // its session lives
        harness.NowMs += harness.Options.BrokerSessionMs;
        harness.Beat(2);
        Assert.Null(harness.Register(1).Error);
        harness.Beat(1);
        PartitionState state = harness.Partition("t");
        Assert.Equal(new NodeId(2), state.Leader);
        harness.Submit(IsrControl.Alter(new NodeId(2), harness.Broker(2).Epoch,
        [
            new IsrProposal(
                new TopicPartition(topic, 0),
                state.LeaderEpoch,
                state.PartitionEpoch,
                [new IsrMember(new NodeId(1), harness.Broker(1).Epoch), new IsrMember(new NodeId(2), BrokerEpoch.None)],
                RecoveryState.Recovered),
        ]));

        harness.NowMs += harness.Options.LeaderBalanceIntervalMs;
        harness.Beat(1);
        harness.Beat(2);
        Assert.True(harness.Controller.NextDeadlineMs <= harness.NowMs);
        harness.Tick(0);

        Assert.Equal(new NodeId(1), harness.Partition("t").Leader);
        harness.Tick(0);
        harness.Tick(0);
        Assert.True(harness.Controller.NextDeadlineMs > harness.NowMs);
    }

    private NodeId? Balance(NodeId after, int most = 100) =>
        _cluster.Commit(BalanceControl.Piece(_cluster.Image, _cluster.Settings, after, imbalancePercent: 10, most));

    private int LedBy(int id) => _cluster.Image.Topics.OfBroker(new NodeId(id)).Count(p => p.Partition.Leader == new NodeId(id));

    private void Restart(int id) => _cluster.Start(id, previous: _cluster.Image.Brokers.ById[new NodeId(id)].Epoch);

    /// <summary>Broker 2 fell behind, broker 1 is down, and 2 is up.</summary>
    private void OnlyTheWrongOneIsUp(string topic)
    {
        Create(topic, 1, 1, 2);
        _cluster.Propose(topic, 0, 1);
        _cluster.Fence(1);
    }

    /// <summary>Broker 1 led with flush=os, alone; it stopped uncleanly and is not back yet, nor is broker 2.</summary>
    private void NobodyHoldsEverything(string strategy)
    {
        Create("t", 1, 1, 2);
        _cluster.Alter("t", ("unclean.recovery.strategy", strategy));
        _cluster.Alter("t", ("flush", "os"));
        _cluster.Propose("t", 0, 1);
        _cluster.Fence(2);
        _cluster.Start(1, unfence: false);
        Assert.Empty(_cluster.Partition("t").Isr);
        Assert.Empty(_cluster.Partition("t").Elr);
        Assert.Equal(NodeId.None, _cluster.Partition("t").Leader);
    }

    private ErrorCode Propose(RecoveryState recovery, params int[] isr)
    {
        TopicImage topic = _cluster.Image.Topics.Find("t")!;
        PartitionState state = topic.Partitions[0];
        return _cluster.Commit(IsrControl.Decide(_cluster.Image, state.Leader, _cluster.Image.Brokers.ById[state.Leader].Epoch,
        [
            new IsrProposal(
                new TopicPartition(topic.Id, 0),
                state.LeaderEpoch,
                state.PartitionEpoch,
                [.. isr.Select(id => new IsrMember(new NodeId(id), BrokerEpoch.None))],
                recovery),
        ])).Single().Error;
    }

    private void Create(string name, int minIsr, params int[] replicas) => _cluster.Create(new NewTopic
    {
        Name = name,
        Assignments = ImmutableSortedDictionary<int, ImmutableArray<NodeId>>.Empty.Add(0, Cluster.Nodes(replicas)),
        Configs = ConfigsImage.NoValues.Add("min.insync.replicas", minIsr.ToString(System.Globalization.CultureInfo.InvariantCulture)),
    });
}
