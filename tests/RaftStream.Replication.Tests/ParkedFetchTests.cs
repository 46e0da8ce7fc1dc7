namespace RaftStream.Replication.Tests;

public class ParkedFetchTests
{
    [Fact]
    public void A_fetch_at_the_end_wakes_with_the_next_committed_batch()
    {
        var leader = new Leader { Commit = true }.Lead().Park("f", 0).Produce(1, RequiredAcks.None);
        Assert.Equal("", leader.Effects());

        Assert.Equal("hw=1 wake:f", leader.Flush().Effects());
        Assert.Equal(0, leader.Machine.ParkedFetches);
    }

    [Fact]
    public void A_fetch_waits_for_its_number_of_bytes()
    {
        var leader = new Leader().Lead().Park("f", 0, missing: Leader.BatchBytes + 1).Park("g", 0, missing: Leader.BatchBytes);

        Assert.Equal("hw=1 wake:g", leader.Produce(1, RequiredAcks.None).Effects());
        Assert.Equal("hw=2 wake:f", leader.Produce(2, RequiredAcks.None).Effects());
    }

    [Fact]
    public void Bytes_committed_before_it_was_parked_do_not_count()
    {
        var leader = new Leader().Lead().Produce(1).Park("f", 1, missing: Leader.BatchBytes);

        leader.Effects();

        Assert.Equal("hw=2 wake:f", leader.Produce(2, RequiredAcks.None).Effects());
    }

    [Fact]
    public void News_between_the_look_and_the_parking_wake_at_once()
    {
        // The caller read at high watermark 0; the batch was committed before its fetch came to be parked.
        var leader = new Leader().Lead().Produce(1, RequiredAcks.None);
        leader.Effects();

        Assert.Equal("wake:f", leader.Park("f", 0, seen: 0).Effects());
    }

    [Fact]
    public void A_fetch_wakes_at_its_deadline()
    {
        var leader = new Leader().Lead().Park("late", 0, waitMs: 90).Park("soon", 0, waitMs: 20);
        Assert.Equal(20, leader.Machine.NextDeadlineMs);

        Assert.Equal("", leader.At(19).Effects());
        Assert.Equal("wake:soon", leader.At(20).Effects());
        Assert.Equal(90, leader.Machine.NextDeadlineMs);
    }

    [Fact]
    public void A_fetch_whose_offset_is_deleted_wakes()
    {
        // it will be told OFFSET_OUT_OF_RANGE.
        var leader = new Leader().Lead().Produce(1).Produce(2).Produce(3).Park("old", 1, missing: 999).Park("new", 3);
        leader.Effects();

        Assert.Equal("wake:old", leader.MoveStart(2).Effects());
    }

    [Fact]
    public void A_fetch_below_the_log_start_is_not_parked()
    {
        var leader = new Leader().LogIs(5, 5, 5).Lead();

        Assert.Equal("wake:f", leader.Park("f", 4).Effects());
    }

    [Fact]
    public void A_cancelled_fetch_is_forgotten()
    {
        var leader = new Leader().Lead().Park("f", 0);

        Assert.True(leader.Machine.OnFetchCancelled("f"));
        Assert.False(leader.Machine.OnFetchCancelled("f"));
        Assert.Equal("hw=1", leader.Produce(1, RequiredAcks.None).Effects());
    }

    [Fact]
    public void Without_a_leader_nothing_is_parked() => Assert.Equal("notleader:f", new Leader().Park("f", 0).Effects());
}
