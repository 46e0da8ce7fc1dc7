using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class EndOffsetsTests
{
    private readonly EndOffsets _check = new();

    [Fact]
    public void X_17_ends_grow_or_stay() =>
        _check.Accepts(new Story().Listed(LogEnd.Earliest, 0).Listed(LogEnd.Latest, 4).Listed(LogEnd.Latest, 4).Listed(LogEnd.Earliest, 2).Listed(LogEnd.Latest, 5));

    [Fact]
    public void X_17_the_latest_offset_falls() => _check.Finds(new Story().Listed(LogEnd.Latest, 5).Listed(LogEnd.Latest, 4), "Latest offset fell from 5 to 4");

    [Fact]
    public void X_17_the_earliest_offset_falls() => _check.Finds(new Story().Listed(LogEnd.Earliest, 5).Listed(LogEnd.Earliest, 0), "Earliest offset fell");

    [Fact]
    public void X_17_the_latest_offset_is_below_an_acknowledged_value() => _check.Finds(new Story().Acked(0, 0, 7).Listed(LogEnd.Latest, 7).Polled("a", 7, (0, 0)), "from 8 to 7");

    [Fact]
    public void X_17_a_deposed_leader_may_answer_as_of_its_own_time() =>
        _check.Accepts(new Story().Listed(LogEnd.Latest, 5, epoch: 3).Listed(LogEnd.Latest, 4, epoch: 2).Listed(LogEnd.Latest, 6, epoch: 3));

    [Fact]
    public void X_17_a_new_leader_may_not() =>
        _check.Finds(new Story().Listed(LogEnd.Latest, 5, epoch: 2).Listed(LogEnd.Latest, 4, epoch: 3), "from 5 to 4");

    [Fact]
    public void X_17_a_deposed_leader_must_know_what_it_said_itself() =>
        _check.Finds(new Story().Listed(LogEnd.Latest, 5, epoch: 2).Listed(LogEnd.Latest, 9, epoch: 3).Listed(LogEnd.Latest, 4, epoch: 2), "from 5 to 4");

    [Fact]
    public void X_17_questions_at_the_same_time_may_be_answered_in_any_order() =>
        _check.Accepts(new Story().Listed(LogEnd.Latest, 5, from: 100, to: 200).Listed(LogEnd.Latest, 4, from: 150, to: 250));
}
