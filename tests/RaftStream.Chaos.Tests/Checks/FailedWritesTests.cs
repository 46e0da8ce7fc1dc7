using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class FailedWritesTests
{
    private readonly FailedWrites _check = new();

    [Fact]
    public void X_5_a_refused_value_is_not_seen() => _check.Accepts(new Story().NotAcked(0, 0, Outcome.Fail).Acked(0, 1, 0).Final((0, 1)));

    [Fact]
    public void X_5_a_refused_value_is_seen() => _check.Finds(new Story().NotAcked(0, 0, Outcome.Fail).Final((0, 0)), "was refused");

    [Fact]
    public void X_5_a_value_without_an_answer_may_be_seen() =>
        Assert.Empty(_check.Run(new Story().NotAcked(0, 0, Outcome.Info).Final((0, 0)).ToHistory()).Anomalies);
}
