using RaftStream.Chaos.Checks;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class FailoverTests
{
    private const long Ms = 1_000_000;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private readonly Failover _check = new();

    [Fact]
    public void X_20_writes_go_on_in_time() => _check.Accepts(Killed(silenceMs: 900).Promised(Limit));

    [Fact]
    public void X_20_writes_go_on_too_late() => _check.Finds(Killed(silenceMs: 1_100).Promised(Limit), "took no write for 1.10 s after its leader was killed, more than 1 s");

    [Fact]
    public void X_20_what_is_late_names_the_writes_before_and_after()
    {
        Finding finding = _check.Run(Killed(silenceMs: 5_000).Promised(Limit).ToHistory());

        Assert.Equal(["SendOperation", "FaultOperation", "SendOperation"], finding.Anomalies.Single().Operations.Select(operation => operation.GetType().Name));
    }

    [Fact]
    public void X_20_no_write_at_all_is_too_late_even_without_a_limit() =>
        _check.Finds(new Story().Acked(0, 0, 0).Fault("kill-leader", 1_000 * Ms, 2_000 * Ms, Story.Orders), "took no write any more");

    [Fact]
    public void X_20_without_a_limit_it_is_only_told() => _check.Accepts(Killed(silenceMs: 5_000).Promised(null));

    [Fact]
    public void X_20_one_late_partition_in_a_hundred_and_one_is_no_breach_and_two_are()
    {
        _check.Accepts(Many(late: 1).Promised(Limit));
        _check.Finds(Many(late: 2).Promised(Limit), "more than 1 s");
    }

    [Fact]
    public void X_20_other_faults_last_as_long_as_they_last() =>
        Assert.Empty(_check.Run(new Story().Fault("pause", 1_000 * Ms, 9_000 * Ms, Story.Orders).Acked(0, 0, 0, to: 9_100 * Ms).Promised(Limit).ToHistory()).Anomalies);

    [Fact]
    public void X_20_with_a_replica_missing_waiting_is_what_was_asked_for() =>
        Assert.Empty(_check.Run(new Story().Leads(4, 7, [4, 5, 6], [4, 5]).Acked(0, 0, 0).Fault("kill-leader", 1_000 * Ms, 9_000 * Ms, Story.Orders)
            .Acked(0, 1, 1, to: 9_100 * Ms).Promised(Limit).ToHistory()).Anomalies);

    private static Story Killed(long silenceMs) => new Story().Acked(0, 0, 0, to: 900 * Ms)
        .Fault("kill-leader", 1_000 * Ms, 2_500 * Ms, Story.Orders)
        .Acked(0, 1, 1, to: 1_010 * Ms)
        .Acked(0, 2, 2, to: (1_010 + silenceMs) * Ms)
        .Acked(0, 3, 3, to: 2_600 * Ms)
        .Acked(0, 4, 4, to: 3_000 * Ms);

    private static Story Many(int late)
    {
        var story = new Story();
        for (int i = 0; i <= 100; i++)
        {
            long at = (i + 1) * 10_000 * Ms;
            story.Fault("kill-leader", at, at + (200 * Ms), Story.Orders).Acked(0, i, i, to: at + ((i < late ? 4_000 : 400) * Ms));
        }

        return story;
    }
}
