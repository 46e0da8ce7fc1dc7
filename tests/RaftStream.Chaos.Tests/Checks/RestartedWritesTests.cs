using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class RestartedWritesTests
{
    private readonly RestartedWrites _check = new();

    [Fact]
    public void O_1_all_writes_are_acknowledged() => _check.Accepts(Restart().Acked(0, 0, 0));

    [Fact]
    public void O_1_a_write_is_refused() => _check.Finds(Restart().Acked(0, 0, 0).NotAcked(0, 1, Outcome.Fail), "0:1 was not acknowledged");

    [Fact]
    public void O_1_a_write_has_no_answer() => _check.Finds(Restart().Acked(0, 0, 0).NotAcked(0, 1, Outcome.Info), "0:1 was not acknowledged");

    [Fact]
    public void O_1_other_faults_may_cost_writes() =>
        Assert.Empty(_check.Run(Restart().Fault("kill-leader", 1, 2, Story.Orders).NotAcked(0, 1, Outcome.Info).ToHistory()).Anomalies);

    private static Story Restart() => new Story().Fault("rolling-restart", 1, 2, Story.Orders);
}
