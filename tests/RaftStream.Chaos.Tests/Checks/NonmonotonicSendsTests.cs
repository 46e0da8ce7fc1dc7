using RaftStream.Chaos.Checks;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class NonmonotonicSendsTests
{
    private readonly NonmonotonicSends _check = new();

    [Fact]
    public void X_11_offsets_grow() => _check.Accepts(new Story().Acked(0, 0, 4).Acked(0, 1, 5).Acked(1, 0, 2));

    [Fact]
    public void X_11_a_later_send_gets_a_lower_offset() => _check.Finds(new Story().Acked(0, 0, 4).Acked(0, 1, 9).Acked(0, 2, 5), "0:1 was acknowledged at 9, then 0:2 at 5");

    [Fact]
    public void X_11_sends_at_the_same_time_may_be_stored_in_any_order() =>
        _check.Accepts(new Story().Acked(0, 0, 5, from: 100, to: 200).Acked(0, 1, 4, from: 150, to: 250));
}
