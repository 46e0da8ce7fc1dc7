using RaftStream.Chaos.Checks;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class DirtyReadsTests
{
    private readonly DirtyReads _check = new();

    [Fact]
    public void X_14_what_was_read_is_there() => _check.Accepts(new Story().Polled("a", 0, (0, 0)).Final((0, 0), (0, 1)));

    [Fact]
    public void X_14_what_was_read_is_gone() => _check.Finds(new Story().Polled("a", 0, (0, 0), (0, 1)).Final((0, 0)), "0:1 was read at 1");

    [Fact]
    public void X_14_what_was_read_has_moved() => _check.Finds(new Story().Polled("a", 1, (0, 1)).Final((0, 1)), "0:1 was read at 1");
}
