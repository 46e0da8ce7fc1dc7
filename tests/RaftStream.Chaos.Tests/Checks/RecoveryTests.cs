using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class RecoveryTests
{
    private readonly Recovery _check = new();

    [Fact]
    public void X_19_a_partition_takes_writes_again() => _check.Accepts(new Story().Acked(0, 0, 0).Recovered(afterNs: 900_000_000));

    [Fact]
    public void X_19_a_partition_takes_too_long() => _check.Finds(new Story().Acked(0, 0, 0).Recovered(afterNs: 11_000_000_000), "within 10 s");

    [Fact]
    public void X_19_a_partition_takes_nothing() => _check.Finds(new Story().Acked(0, 0, 0).Recovered(afterNs: 5, Outcome.Info), "within 10 s");

    [Fact]
    public void X_19_a_node_that_does_not_come_back() => _check.Finds(
        new Story().Acked(0, 0, 0).Recovered(afterNs: 5).Add(new ReadinessOperation { Process = "final", Invoked = 1, Completed = 2, Outcome = Outcome.Fail, Error = "node 4" }),
        "do not become ready: node 4");

    [Fact]
    public void X_19_a_partition_that_was_forgotten() => _check.Finds(new Story().Acked(0, 0, 0), "not tried");
}
