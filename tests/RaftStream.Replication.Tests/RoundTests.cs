namespace RaftStream.Replication.Tests;

/// <summary>Whether this node still leads, asked of all that could have taken over .</summary>
public class RoundTests
{
    [Fact]
    public void A_leader_that_is_alone_confirms_at_once() =>
        Assert.Equal("round=1", new Leader().Reign(replicas: [1]).AskRound().Effects());

    [Fact]
    public void All_of_the_isr_must_have_echoed_it()
    {
        var leader = new Leader().Reign().Fetch(2, 0).Fetch(3, 0);

        Assert.Equal("wake:2:0 wake:3:0", leader.AskRound().Effects()); // parked fetches are completed: they carry it
        Assert.Equal("", leader.Fetch(2, 0, knownRound: 1).Effects());
        Assert.Equal("round=1", leader.Fetch(3, 0, knownRound: 1).Effects());
    }

    [Fact]
    public void A_fetch_that_was_sent_before_confirms_nothing()
    {
        // P13.
        var leader = new Leader().Reign(replicas: [1, 2]).AskRound();

        Assert.Equal("wake:2:0", leader.Fetch(2, 0, knownRound: 0).Effects());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(long.MaxValue)]
    public void A_round_that_nobody_asked_for_cannot_be_confirmed_from_outside(long echoed) =>
        Assert.Equal("", new Leader().Reign(replicas: [1, 2]).Fetch(2, 0, knownRound: echoed).Effects());

    [Fact]
    public void Who_is_proposed_must_have_echoed_it_too()
    {
        // it may be in the ISR by now, and lead.
        var leader = new Leader().Reign(isr: [1, 2]).Fetch(2, 0).Fetch(3, 0);
        Assert.Contains("propose:1,2,3", leader.Effects(), StringComparison.Ordinal);
        leader.AskRound().Effects();

        Assert.Equal("", leader.Fetch(2, 0, knownRound: 1).Effects());
        Assert.Equal("round=1", leader.Fetch(3, 0, knownRound: 1).Effects());
    }

    [Fact]
    public void An_isr_below_its_minimum_confirms_nothing()
    {
        var leader = new Leader().Reign(minIsr: 2, isr: [1]).AskRound();

        Assert.Equal("", leader.Effects());
        Assert.Equal("round=1", leader.Reign(minIsr: 1, isr: [1]).Effects());
    }

    [Fact]
    public void A_new_reign_confirms_no_round_of_the_old_one()
    {
        var leader = new Leader().Reign(replicas: [1, 2]).AskRound();
        leader.Effects();

        leader.Reign(epoch: 1, replicas: [1, 2]).Fetch(2, 0, knownRound: 1);

        Assert.Equal("", leader.Effects());
    }
}
