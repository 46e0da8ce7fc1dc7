using RaftStream.Chaos.Checks;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class NonmonotonicPollsTests
{
    private readonly NonmonotonicPolls _check = new();

    [Fact]
    public void X_10_offsets_grow() => _check.Accepts(new Story().Polled("a", 0, (0, 0), (0, 1)).Polled("a", 2, (0, 2)).Polled("b", 0, (0, 0)));

    [Fact]
    public void X_10_a_consumer_goes_back() => _check.Finds(new Story().Polled("a", 0, (0, 0), (0, 1)).Polled("a", 0, (0, 0)), "from 1 to 0");

    [Fact]
    public void X_10_a_consumer_gets_a_record_twice() => _check.Finds(new Story().Polled("a", 4, (0, 0)).Polled("a", 4, (0, 0)), "from 4 to 4");
}
