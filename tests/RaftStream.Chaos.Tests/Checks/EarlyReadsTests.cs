using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class EarlyReadsTests
{
    private readonly EarlyReads _check = new();

    [Fact]
    public void X_6_a_value_is_seen_while_it_is_being_sent() => _check.Accepts(new Story().Acked(0, 0, 0, to: 50_000).Polled("a", 0, (0, 0)));

    [Fact]
    public void X_6_a_value_is_seen_before_it_was_sent() => _check.Finds(new Story().Polled("a", 0, (0, 0)).Acked(0, 0, 0), "before it was sent");

    [Fact]
    public void X_6_a_value_out_of_nothing() => _check.Finds(new Story().Polled("a", 0, (9, 9)), "never sent");

    [Fact]
    public void X_6_a_value_of_another_partition()
    {
        Story story = new Story().Acked(0, 0, 0).Add(
            new PollOperation(new("orders", 1), [new Seen(0, new Value(0, 0))]) { Process = "a", Invoked = 9_000, Completed = 9_500, Outcome = Outcome.Ok });

        _check.Finds(story, "was sent to orders-0");
    }
}
