using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class InconsistentOffsetsTests
{
    private readonly InconsistentOffsets _check = new();

    [Fact]
    public void X_3_all_agree() => _check.Accepts(new Story().Acked(0, 0, 0).Polled("a", 0, (0, 0)).Polled("b", 0, (0, 0)).Final((0, 0)));

    [Fact]
    public void X_3_two_consumers_see_two_values() => _check.Finds(new Story().Polled("a", 0, (0, 0)).Polled("b", 0, (0, 1)), "offset 0 was 0:0 and is 0:1");

    [Fact]
    public void X_3_an_acknowledgement_names_the_offset_of_another() => _check.Finds(new Story().Acked(0, 0, 0).Acked(1, 0, 0), "offset 0");

    [Fact]
    public void X_3_bytes_that_nobody_sent() => _check.Finds(new Story().Polled("a", isFinal: false, new Seen(3, null)), "nobody sent");
}
