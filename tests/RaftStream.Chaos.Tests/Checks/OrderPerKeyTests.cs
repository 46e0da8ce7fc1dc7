using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class OrderPerKeyTests
{
    private readonly OrderPerKey _check = new();

    [Fact]
    public void X_12_in_the_order_of_sending() =>
        _check.Accepts(new Story().Acked(0, 0, 0).Acked(1, 0, 1).Acked(0, 1, 2).Final((0, 0), (1, 0), (0, 1)));

    [Fact]
    public void X_12_two_values_have_changed_places() => _check.Finds(new Story().Acked(0, 0, 1).Acked(0, 1, 0).Final((0, 1), (0, 0)), "0:0 lies at 1, behind 0:1");

    [Fact]
    public void X_12_of_two_copies_the_acknowledged_one_counts() =>
        _check.Accepts(new Story().Acked(0, 0, 1).Acked(0, 1, 2).Final((0, 1), (0, 0), (0, 1)));

    [Fact]
    public void X_12_a_request_without_an_answer_may_arrive_late() =>
        _check.Accepts(new Story().NotAcked(0, 0, Outcome.Info).Acked(0, 1, 0).Final((0, 1), (0, 0)));
}
