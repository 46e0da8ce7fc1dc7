using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class LostWritesTests
{
    private readonly LostWrites _check = new();

    [Fact]
    public void X_1_everything_acknowledged_is_there() =>
        _check.Accepts(new Story().Acked(0, 0, 0).Acked(0, 1, 1).Polled("c", 0, (0, 0)).Final((0, 0), (0, 1)));

    [Fact]
    public void X_1_an_acknowledged_value_is_missing_below_the_end() =>
        _check.Finds(new Story().Acked(0, 0, 0).Acked(0, 1, 1).Final((0, 1), (0, 2)), "0:0");

    [Fact]
    public void X_1_a_value_without_an_answer_may_be_missing() =>
        _check.Accepts(new Story().NotAcked(0, 0, Outcome.Info).Acked(0, 1, 0).Final((0, 1)));

    [Fact]
    public void X_1_a_value_without_an_answer_that_was_seen_may_not() =>
        _check.Finds(new Story().NotAcked(0, 0, Outcome.Info).Polled("c", 0, (0, 0)).Acked(0, 1, 1).Final((0, 7), (0, 1)), "0:0");

    [Fact]
    public void X_1_each_reader_must_find_it()
    {
        Story story = new Story().Acked(0, 0, 0).Acked(0, 1, 1).Final((0, 0), (0, 1)).Polled("other", isFinal: true, new Seen(1, new Value(0, 1)));

        _check.Finds(story, "final read of other");
    }
}
