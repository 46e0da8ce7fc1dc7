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
    public void X_12_one_between_two_others_is_missing() =>
        _check.Finds(new Story().Acked(0, 0, 0).Acked(0, 1, 1).Acked(0, 2, 2).Final((0, 0), (1, 0), (0, 2)), "0:1 is missing where it was acknowledged, at 1, before 0:2");

    [Fact]
    public void X_12_the_last_ones_are_a_matter_of_X_2() => _check.Accepts(new Story().Acked(0, 0, 0).Acked(0, 1, 1).Final((0, 0)));

    [Fact]
    public void X_12_of_two_copies_the_acknowledged_one_counts() =>
        _check.Accepts(new Story().Acked(0, 0, 1).Acked(0, 1, 2).Final((0, 1), (0, 0), (0, 1)));

    [Fact]
    public void X_12_a_request_without_an_answer_may_arrive_late() =>
        _check.Accepts(new Story().NotAcked(0, 0, Outcome.Info).Acked(0, 1, 0).Final((0, 1), (0, 0)));
}
