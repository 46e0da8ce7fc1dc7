namespace RaftStream.Replication.Tests;

/// <summary>R-15.3: who deletes records is answered when all replicas that are up have moved their log start.</summary>
public class LogStartTests
{
    [Fact]
    public void A_leader_that_is_alone_answers_at_once() =>
        Assert.Equal("ok7@2", Of(new Leader().Reign(replicas: [1]), records: 3).AwaitStart(7, 2).Effects());

    [Fact]
    public void All_others_that_are_up_must_have_told_a_log_start_that_is_not_lower()
    {
        Leader leader = Following(3);

        Assert.Equal("wake:2:3 wake:3:3", leader.AwaitStart(7, 2).Effects()); // they are told
        leader.Ask(2, 3, logStart: 2);
        Assert.Equal("", leader.Effects());
        leader.Ask(3, 3, logStart: 1);
        Assert.Equal("wake:3:3", leader.Effects());
        leader.Ask(3, 3, logStart: 2);
        Assert.Equal("ok7@2", leader.Effects());
    }

    [Fact]
    public void Who_is_fenced_is_not_waited_for_also_when_that_happens_meanwhile()
    {
        Leader leader = Following(3);
        leader.AwaitStart(7, 2);
        leader.Ask(2, 3, logStart: 2);
        leader.Effects();

        Assert.Equal("ok7@2", leader.Brokers(Leader.Broker(1), Leader.Broker(2), Leader.Broker(3, isActive: false)).Effects());
    }

    [Fact]
    public void Who_has_not_fetched_in_this_reign_is_waited_for()
    {
        Leader leader = new Leader().LogIs(1, 3, 3).Reigns((0, 0)).Reign(replicas: [1, 2], isr: [1]);
        leader.Effects();

        Assert.Equal("", leader.AwaitStart(7, 1).Effects());
        leader.Ask(2, 3, logStart: 1);
        Assert.Contains("ok7@1", leader.Effects(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_for_less_waits_for_the_log_start_that_there_is()
    {
        Leader leader = Following(3);
        leader.AwaitStart(7, 2).AwaitStart(8, 1).Effects();

        leader.Ask(2, 3, logStart: 2);
        leader.Ask(3, 3, logStart: 1);
        leader.Effects();
        leader.Ask(3, 3, logStart: 2);

        Assert.Equal("ok7@2 ok8@2", leader.Effects());
    }

    [Fact]
    public void Waiting_ends_with_its_time()
    {
        Leader leader = Following(3).AwaitStart(7, 2, timeoutMs: 100);
        leader.Effects();

        Assert.True(leader.Machine.NextDeadlineMs <= 100);
        Assert.Equal("", leader.At(99).Effects());
        Assert.Equal("timeout7@2", leader.At(100).Effects());
    }

    [Fact]
    public void Waiting_ends_with_the_reign()
    {
        Leader leader = Following(3).AwaitStart(7, 2);
        leader.Effects();

        Assert.Equal("notleader7@2", leader.Resign().Effects());
    }

    /// <summary>A leader with this many records and two followers that have them all.</summary>
    private static Leader Following(int records)
    {
        Leader leader = Of(new Leader().Reigns((0, 0)).Reign(), records).Fetch(2, records).Fetch(3, records);
        leader.Ask(2, records, knownHighWatermark: records);
        leader.Ask(3, records, knownHighWatermark: records);
        leader.Effects();
        return leader;
    }

    private static Leader Of(Leader leader, int records)
    {
        leader.Produce(1, RequiredAcks.None, records).Effects();
        return leader;
    }
}
