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
    public void X_17_the_latest_offset_is_below_an_acknowledged_value() =>
        _check.Finds(new Story().Acked(0, 0, 7).Listed(LogEnd.Latest, 7, epoch: 1).Acked(0, 1, 8).Polled("a", 7, (0, 0), (0, 1)), "from 8 to 7");

    [Fact]
    public void X_17_the_latest_offset_is_below_a_value_that_the_same_leader_gave() =>
        _check.Finds(new Story().Fetched(epoch: 1, 7, (0, 0)).Listed(LogEnd.Latest, 7, epoch: 1), "from 8 to 7");

    [Fact]
    public void X_17_the_latest_offset_is_below_a_value_that_was_acknowledged_in_an_earlier_epoch() =>
        _check.Finds(new Story().Acked(0, 0, 7).Acked(0, 1, 8).Polled("a", 7, (0, 0), (0, 1)).Listed(LogEnd.Latest, 7, epoch: 2), "from 8 to 7");

    /// <summary>
    /// The leader of epoch 1 appended 2545 to 2547 and gave them to the next leader, but stood still before it heard that all have
    /// them. The leader of epoch 2 acknowledged them; then the first one goes on, and answers once before it hears that it is deposed.
    /// </summary>
    [Fact]
    public void X_17_a_deposed_leader_need_not_know_that_the_next_one_acknowledged_what_it_appended() =>
        _check.Accepts(new Story()
            .Acked(2, 3617, 2544, from: 13_298, to: 15_658)
            .Acked(3, 3594, 2545, from: 13_214, to: 15_658)
            .Acked(3, 3625, 2546, from: 13_326, to: 15_658)
            .Acked(3, 3627, 2547, from: 13_326, to: 15_658)
            .Acked(1, 3623, 2548, from: 13_313, to: 15_658)
            .Add(Poll(15_810, 1, (2544, 2, 3617)))
            .Add(Poll(15_811, 1, (2545, 3, 3594), (2546, 3, 3625), (2547, 3, 3627)))
            .Add(Poll(15_812, 2, (2548, 1, 3623)))
            .Acked(1, 4400, 2658, from: 15_900, to: 15_950)
            .Add(Poll(15_960, 2, (2658, 1, 4400)))
            .Listed(LogEnd.Latest, 2545, from: 18_371, to: 19_049, epoch: 1)
            .Listed(LogEnd.Latest, 2700, from: 19_300, to: 19_310, epoch: 2));

    /// <summary>A write without one after it may have been acknowledged by a leader that appended nothing itself.</summary>
    [Fact]
    public void X_17_nothing_is_known_of_who_acknowledged_the_last_value() =>
        _check.Accepts(new Story().Acked(0, 0, 7).Listed(LogEnd.Latest, 7, epoch: 1).Polled("a", 7, (0, 0)));

    [Fact]
    public void X_17_a_deposed_leader_need_not_know_what_the_next_one_gave() =>
        _check.Accepts(new Story().Fetched(epoch: 2, 7, (0, 0)).Listed(LogEnd.Latest, 7, epoch: 1));

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

    private static PollOperation Poll(long at, int appendEpoch, params (long Offset, int Producer, long Sequence)[] values) =>
        new(Story.Orders, [.. values.Select(value => new Seen(value.Offset, new Value(value.Producer, value.Sequence)))])
        {
            Process = "consumer-1.0",
            Invoked = at,
            Completed = at + 1,
            Outcome = Outcome.Ok,
            AppendEpoch = appendEpoch,
        };
}
