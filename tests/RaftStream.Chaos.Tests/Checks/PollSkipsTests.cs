using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class PollSkipsTests
{
    private readonly PollSkips _check = new();

    [Fact]
    public void X_9_one_after_the_other() => _check.Accepts(new Story().Polled("a", 0, (0, 0), (0, 1)).Polled("a", 2, (0, 2)));

    [Fact]
    public void X_9_a_jump_between_two_polls_over_a_value_that_another_saw() =>
        _check.Finds(new Story().Polled("a", 0, (0, 0)).Polled("a", 2, (0, 2)).Polled("b", 1, (0, 1)), "from 0 to 2 over 1");

    [Fact]
    public void X_9_a_jump_within_a_poll_over_an_acknowledged_value()
    {
        Story story = new Story().Acked(0, 1, 1).Polled("a", isFinal: false, new Seen(0, new Value(0, 0)), new Seen(2, new Value(0, 2)));

        _check.Finds(story, "over 1");
    }

    [Fact]
    public void X_9_offsets_without_a_value_may_be_jumped_over() => _check.Accepts(new Story().Polled("a", 0, (0, 0)).Polled("a", 5, (0, 1)));

    [Fact]
    public void X_9_another_consumer_begins_where_it_likes() => _check.Accepts(new Story().Polled("a", 0, (0, 0), (0, 1), (0, 2)).Polled("b", 2, (0, 2)));
}
