using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class RealTimeOrderTests
{
    private readonly RealTimeOrder _check = new();

    [Fact]
    public void X_13_later_sends_lie_higher() => _check.Accepts(new Story().Acked(0, 0, 0).Acked(1, 0, 1).Final((0, 0), (1, 0)));

    [Fact]
    public void X_13_a_later_send_of_another_producer_lies_lower() => _check.Finds(new Story().Acked(0, 0, 1).Acked(1, 0, 0), "0:0 was acknowledged at 1 before 1:0 was sent");

    [Fact]
    public void X_13_a_later_send_without_an_answer_lies_lower() =>
        _check.Finds(new Story().Acked(0, 0, 1).NotAcked(1, 0, Outcome.Info).Final((1, 0), (0, 0)), "0:0 was acknowledged at 1 before 1:0 was sent");

    [Fact]
    public void X_13_at_the_same_time_any_order_will_do() =>
        _check.Accepts(new Story().Acked(0, 0, 1, from: 100, to: 300).Acked(1, 0, 0, from: 200, to: 400));
}
