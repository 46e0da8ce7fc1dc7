using RaftStream.Model;

namespace RaftStream.Replication.Tests;

public class ProduceTests
{
    [Theory]
    [InlineData(RequiredAcks.All, false, "hw=1 ok7@0")] // os: once the kernel has it
    [InlineData(RequiredAcks.Leader, false, "hw=1 ok7@0")]
    [InlineData(RequiredAcks.None, false, "hw=1")]
    [InlineData(RequiredAcks.All, true, "")] // commit: not before the flush
    [InlineData(RequiredAcks.Leader, true, "")]
    [InlineData(RequiredAcks.None, true, "")]
    public void An_append_is_answered_when_the_batch_counts(RequiredAcks acks, bool commit, string expected)
    {
        var leader = new Leader { Commit = commit }.Lead();

        leader.Produce(7, acks);

        Assert.Equal(expected, leader.Effects());
    }

    [Fact]
    public void One_flush_answers_all_appends_before_it_and_none_after()
    {
        //
        var leader = new Leader { Commit = true }.Lead();
        leader.Produce(1).Produce(2, RequiredAcks.Leader).Produce(3);

        leader.Flush(upTo: 2);

        Assert.Equal("hw=2 ok2@1 ok1@0", leader.Effects());
        Assert.Equal("hw=3 ok3@2", leader.Flush().Effects());
    }

    [Fact]
    public void A_batch_of_many_records_waits_for_its_last_one()
    {
        var leader = new Leader { Commit = true }.Lead().Produce(1, records: 10);

        Assert.Equal("hw=9", leader.Flush(upTo: 9).Effects());
        Assert.Equal("hw=10 ok1@0", leader.Flush().Effects());
    }

    [Fact]
    public void A_late_request_times_out_and_the_others_keep_waiting()
    {
        var leader = new Leader { Commit = true }.Lead();
        leader.Produce(1, timeoutMs: 50).Produce(2, timeoutMs: 30).Produce(3, RequiredAcks.Leader, timeoutMs: 40);
        Assert.Equal(30, leader.Machine.NextDeadlineMs);

        Assert.Equal("", leader.At(29).Effects());
        Assert.Equal("timeout3@2 timeout2@1", leader.At(40).Effects());
        Assert.Equal(50, leader.Machine.NextDeadlineMs);
        Assert.Equal("hw=3 ok1@0", leader.At(49).Flush().Effects());
        Assert.Equal(long.MaxValue, leader.Machine.NextDeadlineMs);
    }

    [Fact]
    public void R_4_5_a_duplicate_waits_for_its_original_and_not_for_what_came_behind()
    {
        var leader = new Leader { Commit = true }.Lead().Produce(1).Produce(2).Produce(3);

        leader.SendAgain(12, baseOffset: 1).SendAgain(11, baseOffset: 0).SendAgain(13, baseOffset: 2, timeoutMs: 30);

        Assert.Equal("", leader.Effects());
        Assert.Equal(30, leader.Machine.NextDeadlineMs);
        Assert.Equal("hw=1 ok1@0 ok11@0", leader.Flush(upTo: 1).Effects());
        Assert.Equal("hw=2 ok2@1 ok12@1", leader.Flush(upTo: 2).Effects());
        Assert.Equal("timeout13@2", leader.At(30).Effects());
    }

    [Theory]
    [InlineData(RequiredAcks.All, "ok9@0")]
    [InlineData(RequiredAcks.Leader, "ok9@0")]
    [InlineData(RequiredAcks.None, "")]
    public void R_4_5_a_duplicate_of_what_is_committed_is_answered_at_once(RequiredAcks acks, string expected)
    {
        var leader = new Leader().Lead().Produce(1);
        leader.Effects();

        Assert.Equal(expected, leader.SendAgain(9, baseOffset: 0, acks).Effects());
    }

    [Fact]
    public void R_4_5_a_duplicate_is_bound_to_the_reign_like_any_request()
    {
        var leader = new Leader { Commit = true }.Lead().Produce(1).SendAgain(2, baseOffset: 0);

        Assert.Equal("notleader1@0 notleader2@0", leader.Resign().Effects());
    }

    [Fact]
    public void Success_wins_over_a_deadline_that_nobody_noticed()
    {
        //
        var leader = new Leader { Commit = true }.Lead().Produce(1, timeoutMs: 10);
        leader.NowMs = 99;

        Assert.Equal("hw=1 ok1@0", leader.Flush().Effects());
        Assert.Equal("", leader.At(100).Effects());
    }

    [Fact]
    public void The_end_of_a_reign_fails_what_waits()
    {
        // the outcome is unknown.
        var leader = new Leader { Commit = true }.Lead().Produce(1).Produce(2, RequiredAcks.Leader).Park("f", 0);

        Assert.Equal("notleader2@1 notleader1@0 notleader:f", leader.Resign().Effects());
        Assert.Equal(ErrorCode.NotLeaderOrFollower, leader.Machine.CheckProduce(RequiredAcks.All));
        Assert.Equal("", leader.Flush().Effects());
    }

    [Fact]
    public void A_new_epoch_of_the_same_leader_fails_what_waits_and_keeps_the_high_watermark()
    {
        // a waiter is bound to its epoch: the high watermark is never lowered by a role change.
        var leader = new Leader { Commit = true }.Lead(epoch: 3).Produce(1).Flush().Produce(2);
        leader.Effects();

        leader.Lead(epoch: 4);

        Assert.Equal("notleader2@1", leader.Effects());
        Assert.Equal(1, leader.Machine.HighWatermark.Value);
        Assert.Equal(2, leader.Machine.ReignStart.Value);
    }

    [Fact]
    public void New_metadata_within_a_reign_keeps_what_waits()
    {
        //
        var leader = new Leader { Commit = true }.Lead(epoch: 3).Produce(1).Park("f", 0).Lead(epoch: 3);

        Assert.Equal("", leader.Effects());
        Assert.Equal("hw=1 ok1@0 wake:f", leader.Flush().Effects());
    }

    [Theory]
    [InlineData(RequiredAcks.All, 1, ErrorCode.None)]
    [InlineData(RequiredAcks.All, 2, ErrorCode.NotEnoughReplicas)]
    [InlineData(RequiredAcks.Leader, 2, ErrorCode.None)]
    [InlineData(RequiredAcks.None, 2, ErrorCode.None)]
    [InlineData((RequiredAcks)2, 1, ErrorCode.InvalidRequiredAcks)]
    [InlineData((RequiredAcks)(-2), 1, ErrorCode.InvalidRequiredAcks)]
    public void Acks_are_checked_before_the_append(RequiredAcks acks, int minIsr, ErrorCode expected) =>
        Assert.Equal(expected, new Leader().Lead(minIsr: minIsr).Machine.CheckProduce(acks));

    [Fact]
    public void Nobody_appends_before_the_reign() =>
        Assert.Equal(ErrorCode.NotLeaderOrFollower, new Leader().Machine.CheckProduce(RequiredAcks.None));
}
