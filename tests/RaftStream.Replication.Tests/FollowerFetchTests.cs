using RaftStream.Model;

namespace RaftStream.Replication.Tests;

/// <summary>Fetches of followers at their leader (section 6 of the rules).</summary>
public class FollowerFetchTests
{
    [Fact]
    public void Who_is_no_replica_is_told_to_come_back()
    {
        // this node's metadata may be the older one.
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, new Leader().Reign().Ask(replica: 9, offset: 0).Error);
    }

    [Theory]
    [InlineData(19, ErrorCode.StaleBrokerEpoch)]
    [InlineData(20, ErrorCode.None)]
    [InlineData(21, ErrorCode.None)] // the metadata here may be the older one
    public void A_former_registration_is_refused(long brokerEpoch, ErrorCode expected)
    {
        // below what the metadata says.
        Assert.Equal(expected, new Leader().Reign().Ask(replica: 2, offset: 0, brokerEpoch: brokerEpoch).Error);
    }

    [Fact]
    public void A_registration_older_than_one_that_fetched_is_refused_and_not_counted()
    {
        // below the last one seen.
        var leader = new Leader().Reign().Produce(1);
        leader.Ask(2, 0, brokerEpoch: 25);
        leader.Fetch(3, 1).Effects();

        Assert.Equal(ErrorCode.StaleBrokerEpoch, leader.Ask(2, 1, brokerEpoch: 20).Error);
        Assert.Equal("", leader.Effects());
    }

    [Fact]
    public void Below_the_log_start_is_out_of_range_even_when_the_logs_differ()
    {
        // R-6.1 (KAFKA-12996): nobody can be told to truncate upwards.
        var leader = new Leader().LogIs(10, 20, 20).Reigns((0, 0), (3, 12)).Reign(epoch: 4);

        FetchVerdict verdict = leader.Ask(2, offset: 8, lastEpoch: 2);

        Assert.Equal(ErrorCode.OffsetOutOfRange, verdict.Error);
        Assert.Null(verdict.Diverging);
    }

    [Fact]
    public void Above_the_log_end_is_out_of_range()
    {
        Assert.Equal(ErrorCode.OffsetOutOfRange, new Leader().LogIs(0, 5, 5).Reign().Ask(2, offset: 6, lastEpoch: -1).Error);
    }

    [Fact]
    public void R_7_6_who_asks_where_the_log_begins_is_counted_with_nothing()
    {
        var leader = new Leader().LogIs(0, 5, 5).Reign(isr: [1, 2]);

        Assert.Equal(ErrorCode.OffsetOutOfRange, leader.Ask(2, offset: long.MaxValue, lastEpoch: -1).Error);

        Assert.Equal(0, leader.Machine.HighWatermark.Value);
        leader.Fetch(2, 5);
        Assert.Equal(5, leader.Machine.HighWatermark.Value);
    }

    // The examples of, the leader's side: cache {1:0, 3:10, 5:20}, log end 25.
    [Theory]
    [InlineData(3, 15, null, null)]
    [InlineData(3, 22, 3, 20L)]
    [InlineData(2, 14, 1, 10L)]
    [InlineData(5, 25, null, null)]
    [InlineData(4, 18, 3, 20L)]
    [InlineData(1, 12, 1, 10L)]
    public void A_log_that_differs_is_told_where(int lastEpoch, long offset, int? epoch, long? end)
    {
        var leader = new Leader().LogIs(0, 25, 25).Reigns((1, 0), (3, 10), (5, 20)).Reign(epoch: 5);

        FetchVerdict verdict = leader.Ask(2, offset, lastEpoch: lastEpoch);

        Assert.Equal(ErrorCode.None, verdict.Error);
        Assert.Equal(epoch is { } e ? new EpochEndOffset(new LeaderEpoch(e), new Offset(end!.Value)) : null, verdict.Diverging);
        Assert.Equal(epoch is null, verdict.IsParked);
    }

    [Fact]
    public void Nothing_of_a_diverging_fetch_counts()
    {
        // R-6.2 (KAFKA-13141): its log end is not one of this log.
        var leader = new Leader().LogIs(0, 25, 25).Reigns((1, 0), (5, 20)).Reign(epoch: 5, isr: [1, 2], replicas: [1, 2]);

        leader.Ask(2, offset: 22, lastEpoch: 1);

        Assert.Equal("", leader.Effects());
    }

    [Theory]
    [InlineData(0, false)] // of an epoch that is forgotten here: its last records may be what was replaced before it was deleted
    [InlineData(3, false)] // not known either; the answer moves its start
    [InlineData(-1, true)] // empty: its start is where this log's is
    public void S_R2_a_log_that_ends_where_this_one_begins_counts_only_once_it_is_empty(int lastEpoch, bool isCounted)
    {
        // Mutant: always; seeds 52666 and 57966 of the simulated clusters, where it joined the ISR with other records below that start.
        var leader = new Leader().LogIs(5, 5, 5).Reigns((3, 5)).Reign(epoch: 3, isr: [1], replicas: [1, 2]);

        FetchVerdict verdict = leader.Ask(2, 5, lastEpoch: lastEpoch);

        Assert.True(verdict.IsParked); // the new start is the answer
        leader.Effects();
        Assert.Equal(isCounted, leader.Proposal is not null);
        leader.Ask(2, 5, lastEpoch: -1);
        leader.Effects();
        Assert.Equal([new NodeId(1), new NodeId(2)], leader.Proposal!.NewIsr.Select(member => member.Id));
    }

    [Fact]
    public void The_high_watermark_is_what_the_whole_isr_holds()
    {
        //
        var leader = new Leader().Reign().Produce(1, records: 5);

        Assert.Equal("", leader.Fetch(2, 5).Effects()); // replica 3 is not known yet
        Assert.Equal("hw=3 wake:3:3", leader.Fetch(3, 3).Effects());
        Assert.Equal("hw=5 ok1@0", leader.Fetch(3, 5).Effects());
    }

    [Fact]
    public void What_a_follower_has_not_flushed_does_not_count()
    {
        // R-5.1 (E), R-7.4: flush=commit; the progress that follows the flush does.
        var leader = new Leader { Commit = true }.Reign(isr: [1, 2], replicas: [1, 2]).Produce(1, records: 5).Flush();

        Assert.Equal("", leader.Fetch(2, 5, flushed: 0).Effects());
        leader.Ask(2, 5, flushed: 5, isProgressOnly: true);
        Assert.Equal("hw=5 ok1@0", leader.Effects());
    }

    [Fact]
    public void What_the_leader_has_not_flushed_does_not_count()
    {
        var leader = new Leader { Commit = true }.Reign(isr: [1, 2], replicas: [1, 2]).Produce(1, records: 5);

        Assert.Equal("", leader.Fetch(2, 5).Effects());
        Assert.Equal("hw=5 ok1@0", leader.Flush().Effects());
    }

    [Fact]
    public void A_late_fetch_with_lower_ends_changes_nothing()
    {
        // within one registration positions only grow.
        var leader = new Leader().Reign(isr: [1, 2], replicas: [1, 2]).Produce(1, records: 5).Fetch(2, 5);
        leader.Effects();

        leader.Fetch(2, 3).Effects();

        Assert.Equal("", leader.Produce(2, records: 1).Effects());
        Assert.Equal("hw=6 ok2@5", leader.Fetch(2, 6).Effects());
    }

    [Fact]
    public void A_new_registration_starts_anew()
    {
        // what it held before, it may have lost.
        var leader = new Leader().Reign(isr: [1, 2], replicas: [1, 2]).Produce(1, records: 5).Fetch(2, 5).Produce(2, records: 5);
        leader.Effects();

        leader.Ask(2, 2, brokerEpoch: 21);

        Assert.DoesNotContain("hw", leader.Effects(), StringComparison.Ordinal);
        leader.Ask(2, 8, brokerEpoch: 21);
        Assert.Contains("hw=8", leader.Effects(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_reign_forgets_what_followers_had()
    {
        // R-3.3 (E): they may have truncated since.
        var leader = new Leader().Reign(isr: [1, 2], replicas: [1, 2]).Produce(1, records: 5).Fetch(2, 3);
        leader.Effects();

        Assert.Equal("notleader1@0", leader.Reign(epoch: 1, isr: [1, 2], replicas: [1, 2]).Effects());
        Assert.Equal("", leader.Produce(2, records: 1).Effects());
        Assert.Equal(3, leader.Machine.HighWatermark.Value); // kept
    }

    [Fact]
    public void New_metadata_of_the_same_reign_keeps_what_followers_had()
    {
        // and the high watermark is computed again (KAFKA-13091).
        var leader = new Leader().Reign().Produce(1, records: 5).Fetch(2, 5);
        leader.Effects();

        Assert.Equal("hw=5 ok1@0", leader.Reign(isr: [1, 2]).Effects().Replace("propose", "", StringComparison.Ordinal));
    }

    [Fact]
    public void It_stays_where_it_is_while_the_isr_is_too_small_and_moves_when_the_minimum_falls()
    {
        // R-5.1 (KAFKA-15583), R-3.4.
        var leader = new Leader().Reign(minIsr: 2, isr: [1]).Produce(1, RequiredAcks.Leader);

        Assert.Equal("ok1@0", leader.Effects());
        Assert.Equal("hw=1", leader.Reign(minIsr: 1, isr: [1]).Effects());
    }

    [Fact]
    public void A_fetch_waits_for_records()
    {
        // records up to the log end, not only the committed ones.
        var leader = new Leader().Reign().Fetch(2, 0);
        leader.Effects();

        Assert.Equal("wake:2:0", leader.Produce(1).Effects());
    }

    [Fact]
    public void A_fetch_waits_for_a_new_log_start()
    {
        var leader = new Leader().Reign().Produce(1, records: 5).Fetch(2, 5).Fetch(3, 5);
        leader.At(100).Effects();
        leader.Fetch(2, 5).Effects();

        Assert.Contains("wake:2:5", leader.MoveStart(3).Effects(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_high_watermark_alone_may_wait_a_little()
    {
        // what is appended meanwhile brings it along, so a produce request does not cost two answers to each follower.
        var leader = new Leader().Reign(isr: [1, 2], replicas: [1, 2]).Produce(1).Fetch(2, 1, knownHighWatermark: 0);

        Assert.Equal("hw=1 ok1@0", leader.Effects());
        Assert.Equal(new ReplicationTimes().HighWatermarkLingerMs, leader.Machine.NextDeadlineMs);
        Assert.Equal("", leader.At(new ReplicationTimes().HighWatermarkLingerMs - 1).Effects());
        Assert.Equal("wake:2:1", leader.At(new ReplicationTimes().HighWatermarkLingerMs).Effects());
    }

    [Fact]
    public void A_follower_that_knows_all_is_not_woken()
    {
        var leader = new Leader().Reign(isr: [1, 2], replicas: [1, 2]).Produce(1).Fetch(2, 1);
        leader.At(10).Effects();
        leader.Fetch(2, 1);

        Assert.Equal("", leader.At(10_000).Effects());
    }

    [Fact]
    public void A_fetch_takes_the_place_of_the_one_before()
    {
        var leader = new Leader().Reign().Fetch(2, 0);
        leader.Ask(2, 0, tag: "later");

        Assert.Equal("wake:later", leader.Produce(1).Effects());
    }

    [Fact]
    public void A_late_fetch_of_a_former_stream_does_not_take_the_place_of_the_one_that_waits()
    {
        // it would go with its stream, and the follower would wait for ever.
        var leader = new Leader().Reign();
        leader.Ask(2, 0, correlation: 8, tag: "new");
        leader.Ask(2, 0, correlation: 7, tag: "old");
        leader.Gone(2, "old");

        Assert.Equal("wake:new", leader.Produce(1).Effects());
    }

    [Fact]
    public void A_restarted_follower_counts_its_fetches_anew()
    {
        var leader = new Leader().Reign();
        leader.Ask(2, 0, correlation: 8, tag: "before");
        leader.Ask(2, 0, correlation: 1, brokerEpoch: 21, tag: "after");

        Assert.Equal("wake:after", leader.Produce(1).Effects());
    }

    [Fact]
    public void Nobody_wakes_a_fetch_whose_stream_is_gone()
    {
        var leader = new Leader().Reign().Fetch(2, 0).Gone(2, "2:0");

        Assert.Equal("", leader.Produce(1).Effects());
    }

    [Fact]
    public void The_end_of_a_reign_wakes_all()
    {
        //
        var leader = new Leader().Reign().Fetch(2, 0).Fetch(3, 0);
        leader.Effects();

        Assert.Equal("notleader:2:0 notleader:3:0", leader.Resign().Effects());
        Assert.Equal(long.MaxValue, leader.Machine.NextDeadlineMs);
    }

    [Fact]
    public void A_replica_that_is_taken_away_is_told()
    {
        // a change of roles is news.
        var leader = new Leader().Reign(isr: [1, 2]).Fetch(3, 0);
        leader.Effects();

        Assert.Equal("UnknownLeaderEpoch:3:0", leader.Reign(isr: [1, 2], replicas: [1, 2]).Effects());
        Assert.Equal(ErrorCode.UnknownLeaderEpoch, leader.Ask(3, 0).Error);
    }
}
