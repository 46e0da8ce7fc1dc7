using RaftStream.Model;

namespace RaftStream.Replication.Tests;

public class HighWatermarkTests
{
    [Theory]
    [InlineData(0, 5, 9, 7, 7)] // the hint counts, even above what is known to be flushed
    [InlineData(0, 5, 9, 3, 5)] // what the only replica holds counts
    [InlineData(0, 5, 9, 20, 9)] // never above the log end
    [InlineData(6, 8, 9, 2, 8)] // never below the log start
    public void A_reign_begins_with_what_is_known_to_be_committed(long start, long effective, long end, long hint, long expected)
    {
        var leader = new Leader().LogIs(start, effective, end).Lead(hint: hint);

        Assert.Equal(expected, leader.Machine.HighWatermark.Value);
    }

    [Fact]
    public void It_stays_while_the_isr_is_below_the_minimum()
    {
        // R-5.1 (KAFKA-15583).
        var leader = new Leader().Lead(minIsr: 2).Produce(1, RequiredAcks.Leader);

        Assert.Equal("ok1@0", leader.Effects());
        Assert.Equal(0, leader.Machine.HighWatermark.Value);
    }

    [Fact]
    public void It_stays_while_a_member_of_the_isr_has_not_fetched_in_this_reign()
    {
        // unknown.
        var leader = new Leader().Lead(isr: [1, 2]).Produce(1);

        Assert.Equal("", leader.Effects());
    }

    [Fact]
    public void It_moves_when_the_absent_member_leaves_the_isr()
    {
        // R-3.4 (KAFKA-13091): recomputed on new metadata.
        var leader = new Leader().Lead(isr: [1, 2]).Produce(1).Lead(isr: [1]);

        Assert.Equal("hw=1 ok1@0", leader.Effects());
    }

    [Fact]
    public void A_log_that_shrinks_under_its_leader_is_a_bug()
    {
        // S-C5.
        var leader = new Leader().Lead().Produce(1).LogIs(0, 0, 0);

        Assert.Throws<InvariantViolationException>(() => leader.MoveStart(0));
    }

    [Fact]
    public void An_append_that_leaves_a_gap_is_a_bug()
    {
        var leader = new Leader().Lead().LogIs(0, 5, 5);

        Assert.Throws<InvariantViolationException>(() => leader.Produce(1));
    }
}
