using RaftStream.Model;

namespace RaftStream.Replication.Tests;

/// <summary>Rules that random lives find broken too rarely: step by step, with the rule and without it (F-11).</summary>
public class MutantScenarioTests
{
    [Theory]
    [InlineData((int)ReplicationSabotage.None, FollowerStepKind.Ignore)]
    [InlineData((int)ReplicationSabotage.TakeAnyAnswer, FollowerStepKind.Truncate)]
    public void A_copy_of_an_answer_of_a_former_reign_cuts_what_was_acknowledged_since(int rule, FollowerStepKind expected)
    {
        // R-7.1 (KAFKA-18991): the copy says that epoch 0 ends at 5; since then 5 to 9 came in epoch 1, and were reported.
        var follower = new PartitionFollower(new ReplicationTimes { Sabotage = (ReplicationSabotage)rule });
        follower.OnBecomeFollower(State(epoch: 0));
        FollowerFetch fetch = follower.Fetch(Log(end: 8));
        FetchAnswer copy = new() { Correlation = fetch.Correlation, Diverging = new EpochEndOffset(new LeaderEpoch(0), new Offset(5)) };
        follower.OnAnswer(copy, Log(end: 8), new EpochEndOffset(new LeaderEpoch(0), new Offset(8)));
        follower.OnBecomeFollower(State(epoch: 1));
        follower.Fetch(Log(end: 10));

        FollowerStep step = follower.OnAnswer(copy, Log(end: 10), new EpochEndOffset(new LeaderEpoch(0), new Offset(5)));

        Assert.Equal(expected, step.Kind);
    }

    [Theory]
    [InlineData((int)ReplicationSabotage.None, 0)]
    [InlineData((int)ReplicationSabotage.KeepRemoteState, 5)]
    public void What_a_follower_held_in_a_former_reign_is_taken_for_held_now(int rule, long highWatermark)
    {
        // R-3.3 (P61): it may have cut its log under another leader meanwhile.
        var leader = Make(rule).Reign(isr: [1, 2, 3]).Produce(1, records: 5).Fetch(2, 5);
        leader.Resign().Reign(epoch: 2, isr: [1, 2], replicas: [1, 2, 3]);

        Assert.Equal(highWatermark, leader.Machine.HighWatermark.Value);
    }

    [Theory]
    [InlineData((int)ReplicationSabotage.None, false)]
    [InlineData((int)ReplicationSabotage.AckByOffsetOnly, true)]
    public void A_request_of_a_former_reign_is_told_success_for_the_record_of_another(int rule, bool isAnswered)
    {
        // R-4.4 (P63): what it appended at 0 was replaced.
        var leader = Make(rule).Reign(isr: [1, 2], replicas: [1, 2]).Produce(1).Resign();
        leader.Effects();

        leader.LogIs(0, 1, 1).Reign(epoch: 2, isr: [1], replicas: [1, 2]);

        Assert.Equal(isAnswered, leader.Effects().Contains("ok1@0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData((int)ReplicationSabotage.None, false)]
    [InlineData((int)ReplicationSabotage.TakeStaleBroker, true)]
    public void A_late_fetch_of_the_process_before_speaks_for_the_one_that_lost_its_records(int rule, bool joins)
    {
        // R-6.1 (P51): flush=os, the machine of broker 2 lost its power.
        var leader = Make(rule).Reign(isr: [1, 2, 3]).Produce(1, records: 5).Fetch(2, 5).Fetch(3, 5);
        leader.Reign(isr: [1, 3], brokers: [Leader.Broker(1), Leader.Broker(2, epoch: 40), Leader.Broker(3)]);
        leader.Ask(2, offset: 0, brokerEpoch: 40);
        leader.Effects();

        FetchVerdict verdict = leader.Ask(2, offset: 5, brokerEpoch: 20);

        Assert.Equal(joins, leader.Effects().Contains("propose:1,3,2", StringComparison.Ordinal));
        Assert.Equal(joins ? ErrorCode.None : ErrorCode.StaleBrokerEpoch, verdict.Error);
    }

    [Theory]
    [InlineData((int)ReplicationSabotage.None, 0)]
    [InlineData((int)ReplicationSabotage.RevertAfterRefusal, 1)]
    public void What_was_refused_no_longer_counts_and_a_copy_of_it_is_carried_out(int rule, long highWatermark)
    {
        // R-8.4 (P49): the copy makes replica 3 a member, which lacks record 0.
        var leader = Make(rule).Reign(isr: [1, 2]).Fetch(2, 0).Fetch(3, 0);
        leader.Effects();

        leader.Answer(ErrorCode.IneligibleReplica).Brokers(Leader.Broker(1), Leader.Broker(2)).Produce(1).Fetch(2, 1);

        Assert.Equal(highWatermark, leader.Machine.HighWatermark.Value);
    }

    private static Leader Make(int rule) => new((ReplicationSabotage)rule);

    private static FollowerState State(int epoch) => new()
    {
        Self = new NodeId(2),
        BrokerEpoch = new BrokerEpoch(20),
        Leader = new NodeId(1),
        LeaderEpoch = new LeaderEpoch(epoch),
        IsMember = true,
        CountsFlushed = true,
    };

    private static FollowerLog Log(long end) => new(Offset.Zero, new Offset(end), new Offset(end), new LeaderEpoch(0), Offset.Zero);
}
