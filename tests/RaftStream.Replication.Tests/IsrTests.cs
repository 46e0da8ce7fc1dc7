using RaftStream.Model;

namespace RaftStream.Replication.Tests;

/// <summary>Proposals of ISRs and their answers (section 8 of the rules).</summary>
public class IsrTests
{
    private static readonly ReplicationTimes Times = new();

    [Fact]
    public void A_replica_that_has_caught_up_is_asked_into_the_isr()
    {
        //
        var leader = new Leader().Reign(isr: [1, 2]).Produce(1, records: 5).Fetch(2, 5);
        leader.Effects();

        Assert.Equal("", leader.Fetch(3, 4).Effects().Replace("wake:3:4", "", StringComparison.Ordinal)); // below the high watermark
        Assert.Equal("propose:1,2,3", leader.Fetch(3, 5).Effects());
        Assert.Equal(30, leader.Proposal!.NewIsr[2].Epoch.Value); // KIP-903
        Assert.Equal(BrokerEpoch.None, leader.Proposal.NewIsr[0].Epoch);
    }

    [Fact]
    public void It_must_hold_what_the_reign_began_with()
    {
        // R-8.1 (E): the high watermark of a new leader may lag.
        var leader = new Leader().LogIs(0, 5, 5).Reigns((0, 0)).Reign(epoch: 1, isr: [1, 2]);

        Assert.Equal("wake:3:4", leader.Fetch(3, 4).Effects());
        Assert.Equal("propose:1,2,3", leader.Fetch(3, 5).Effects());
    }

    [Fact]
    public void It_must_have_flushed_it()
    {
        // R-8.1 (E): by effective end.
        var leader = new Leader { Commit = true }.Reign(isr: [1, 2]).Produce(1, records: 5).Flush().Fetch(2, 5);
        leader.Effects();

        Assert.Equal("", leader.Fetch(3, 5, flushed: 4).Effects());
        leader.Ask(3, 5, flushed: 5, isProgressOnly: true);
        Assert.Equal("propose:1,2,3", leader.Effects());
    }

    [Theory]
    [InlineData(30, false)] // fenced or leaving
    [InlineData(31, true)] // registered anew since
    public void Its_broker_must_be_up_in_the_registration_that_fetched(long epoch, bool isActive)
    {
        // R-8.1 (KIP-903).
        var leader = new Leader().Reign(isr: [1, 2], brokers: [Leader.Broker(1), Leader.Broker(2), Leader.Broker(3, epoch, isActive)]);
        FetchVerdict verdict = leader.Ask(3, 0);

        Assert.Equal("", leader.Effects());
        Assert.Equal(epoch == 31 ? ErrorCode.StaleBrokerEpoch : ErrorCode.None, verdict.Error);

        leader.Ask(3, 0, brokerEpoch: epoch);
        Assert.Equal("propose:1,2,3", leader.Brokers(Leader.Broker(1), Leader.Broker(2), Leader.Broker(3, epoch)).Effects());
    }

    [Fact]
    public void A_broker_that_the_metadata_does_not_know_yet_waits_for_it()
    {
        var leader = new Leader().Reign(isr: [1, 2], brokers: [Leader.Broker(1), Leader.Broker(2)]);
        leader.Ask(3, 0);

        Assert.Equal("", leader.Effects());
    }

    [Fact]
    public void A_replica_that_lags_is_proposed_out_and_counts_until_that_is_committed()
    {
        // R-8.6 (E).
        var leader = new Leader().Reign().Produce(1, records: 5).Fetch(2, 5).Fetch(3, 2);
        leader.Effects();

        Assert.DoesNotContain("propose", leader.At(Times.ReplicaLagMaxMs).Effects(), StringComparison.Ordinal);
        Assert.Equal("propose:1,2", leader.At((Times.ReplicaLagMaxMs / 2 * 3) + 1).Effects());
        Assert.Equal(2, leader.Machine.HighWatermark.Value);
        Assert.Equal("hw=5", leader.Answer(ErrorCode.None).Reign(isr: [1, 2]).Effects());
    }

    [Fact]
    public void Who_holds_everything_never_lags_however_long_nothing_happens()
    {
        // effectiveEnd < log end: it had caught up until the append.
        var leader = new Leader().Reign(isr: [1, 2], replicas: [1, 2]).Produce(1).Fetch(2, 1);
        leader.At(10 * Times.ReplicaLagMaxMs).Effects();

        leader.Produce(2, timeoutMs: 1_000_000);

        Assert.DoesNotContain("propose", leader.At(11 * Times.ReplicaLagMaxMs).Effects(), StringComparison.Ordinal);
        Assert.Contains("propose:1", leader.At((13 * Times.ReplicaLagMaxMs) + 1).Effects(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_replica_that_follows_a_busy_leader_at_a_distance_does_not_lag()
    {
        // it reaches where the log ended when it last asked, again and again.
        var leader = new Leader().Reign(isr: [1, 2], replicas: [1, 2]).Fetch(2, 0);
        for (long at = 0; at < 100; at++)
        {
            leader.At(at * 1_000).Produce((int)at, RequiredAcks.None, records: 10);
            leader.Fetch(2, at * 10);
        }

        Assert.DoesNotContain("propose", leader.Effects(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_replica_with_a_stuck_disk_lags()
    {
        // by effective end.
        var leader = new Leader { Commit = true }.Reign(isr: [1, 2], replicas: [1, 2]);
        for (long at = 0; at < 50; at++)
        {
            leader.At(at * 1_000).Produce((int)at, RequiredAcks.None).Flush();
            leader.Fetch(2, at, flushed: 0);
        }

        Assert.Contains("propose:1", leader.Effects(), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_has_just_left_for_its_lag_is_not_asked_back()
    {
        // with the ISR below its minimum the high watermark stands still, so it still holds everything below it.
        var leader = new Leader().Reign(minIsr: 2, isr: [1, 2], replicas: [1, 2]).Produce(1, RequiredAcks.Leader, records: 5).Fetch(2, 2);
        Assert.Contains("propose:1", leader.At((Times.ReplicaLagMaxMs / 2 * 3) + 1).Effects(), StringComparison.Ordinal);

        leader.Reign(minIsr: 2, isr: [1], replicas: [1, 2]);

        Assert.Equal("", leader.Effects());
        Assert.Equal("", leader.Fetch(2, 3).Effects().Replace("wake:2:3", "", StringComparison.Ordinal));
        Assert.Equal("propose:1,2", leader.Fetch(2, 5).Effects());
    }

    [Fact]
    public void Who_is_proposed_counts_from_then_on()
    {
        // R-8.4 (E), R-8.6.
        var leader = new Leader().Reign(isr: [1, 2]).Fetch(2, 0).Fetch(3, 0);
        leader.Effects();

        Assert.Equal("", leader.Produce(1).Fetch(2, 1).Effects().Replace("wake:2:0 wake:3:0", "", StringComparison.Ordinal));
        Assert.Equal("hw=1 ok1@0", leader.Fetch(3, 1).Effects());
    }

    [Theory]
    [InlineData(ErrorCode.IneligibleReplica)]
    [InlineData(ErrorCode.InvalidRequest)]
    public void After_a_refusal_a_no_op_comes_first_and_what_was_proposed_still_counts(ErrorCode refusal)
    {
        // R-8.4 [D]: a copy of the proposal may still be carried out (P49).
        var leader = new Leader().Reign(isr: [1, 2]).Fetch(2, 0).Fetch(3, 0);
        leader.Effects();

        Assert.Equal("propose:1,2!", leader.Answer(refusal).Effects());
        Assert.All(leader.Proposal!.NewIsr, member => Assert.Equal(BrokerEpoch.None, member.Epoch));
        Assert.DoesNotContain("hw", leader.Produce(1).Fetch(2, 1).Effects(), StringComparison.Ordinal);
        leader.Answer(ErrorCode.None).Effects();
        Assert.Equal("hw=1 ok1@0", leader.Reign(isr: [1, 2]).Effects());
    }

    [Fact]
    public void After_a_refusal_the_next_try_has_time()
    {
        var leader = new Leader().Reign(isr: [1, 2]).Fetch(3, 0);
        leader.Effects();
        leader.Answer(ErrorCode.IneligibleReplica).Effects();

        Assert.Equal("", leader.Reign(isr: [1, 2]).Effects());
        Assert.Equal(Times.RetryMaxMs, leader.Machine.NextDeadlineMs);
        Assert.Equal("propose:1,2,3", leader.At(Times.RetryMaxMs).Effects());
    }

    [Fact]
    public void A_refused_no_op_is_tried_again()
    {
        var leader = new Leader().Reign(isr: [1, 2]).Fetch(3, 0);
        leader.Effects();
        leader.Answer(ErrorCode.IneligibleReplica).Effects();

        Assert.Equal("", leader.Answer(ErrorCode.InvalidRequest).Effects());
        Assert.Equal("propose:1,2!", leader.At(Times.RetryMaxMs).Effects());
    }

    [Theory]
    [InlineData(ErrorCode.NotController)]
    [InlineData(ErrorCode.RequestTimedOut)]
    [InlineData(ErrorCode.UnknownTopicId)]
    public void Without_an_answer_the_same_is_asked_again(ErrorCode error)
    {
        // with pauses that grow.
        var leader = new Leader().Reign(isr: [1, 2]).Fetch(3, 0);
        leader.Effects();
        IsrChange first = leader.Proposal!;

        Assert.Equal("", leader.Answer(error).At(Times.RetryMs - 1).Effects());
        Assert.Equal("propose:1,2,3", leader.At(Times.RetryMs).Effects());
        Assert.Same(first, leader.Proposal);
        Assert.Equal("", leader.Answer(error).At(leader.NowMs + (2 * Times.RetryMs) - 1).Effects());
        Assert.Equal("propose:1,2,3", leader.At(leader.NowMs + 1).Effects());
    }

    [Theory]
    [InlineData(ErrorCode.None)]
    [InlineData(ErrorCode.FencedLeaderEpoch)]
    [InlineData(ErrorCode.NewLeaderElected)]
    [InlineData(ErrorCode.InvalidUpdateVersion)]
    [InlineData(ErrorCode.StaleBrokerEpoch)]
    public void When_the_metadata_knows_more_it_is_waited_for(ErrorCode answer)
    {
        // and what was proposed counts until then.
        var leader = new Leader().Reign(isr: [1, 2]).Fetch(2, 0).Fetch(3, 0);
        leader.Effects();

        Assert.Equal("", leader.Answer(answer).At(Times.ReplicaLagMaxMs - 1).Effects());
        Assert.DoesNotContain("hw", leader.Produce(1).Fetch(2, 1).Effects(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_late_answer_to_another_proposal_means_nothing()
    {
        // P74.
        var leader = new Leader().Reign(isr: [1, 2]).Fetch(3, 0);
        leader.Effects();
        IsrChange old = leader.Proposal!;
        leader.Reign(isr: [1, 2]).Effects();

        Assert.Equal("", leader.Answer(ErrorCode.InvalidRequest, old).At(Times.RetryMaxMs).Effects());
    }

    [Fact]
    public void Only_one_proposal_is_under_way()
    {
        //
        var leader = new Leader().Reign(isr: [1]).Fetch(2, 0);
        Assert.Equal("propose:1,2", leader.Effects());

        Assert.Equal("", leader.Fetch(3, 0).Effects());
        Assert.Equal("propose:1,2,3", leader.Answer(ErrorCode.None).Reign(isr: [1, 2]).Effects());
    }

    [Fact]
    public void After_an_unclean_election_the_leader_says_first_that_it_is_there()
    {
        // and nobody joins before.
        var leader = new Leader().Reign(isr: [1], isRecovering: true);

        Assert.Equal("propose:1", leader.Effects());
        Assert.Equal("", leader.Fetch(2, 0).Effects());
        Assert.Equal("propose:1,2", leader.Answer(ErrorCode.None).Reign(isr: [1]).Effects());
    }

    [Fact]
    public void So_does_a_leader_that_is_alone()
    {
        //
        var leader = new Leader().Reign(replicas: [1], isRecovering: true);

        Assert.Equal("propose:1", leader.Effects());
        Assert.Equal("propose:1", leader.Answer(ErrorCode.RequestTimedOut).At(Times.RetryMs).Effects());
        Assert.Equal("", leader.Answer(ErrorCode.None).Reign(replicas: [1]).Effects());
        Assert.Equal(long.MaxValue, leader.Machine.NextDeadlineMs);
    }

    [Fact]
    public void A_leader_that_is_left_alone_has_nothing_to_wait_for()
    {
        var leader = new Leader().Reign(isr: [1, 2]).Fetch(3, 0);
        leader.Answer(ErrorCode.IneligibleReplica).Effects();

        leader.Reign(isr: [1], replicas: [1]).At(10 * Times.RetryMaxMs);

        Assert.Equal(long.MaxValue, leader.Machine.NextDeadlineMs);
    }
}
