using RaftStream.Chaos.Checks;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class UnseenWritesTests
{
    private readonly UnseenWrites _check = new();

    [Fact]
    public void X_2_the_final_read_reaches_the_last_acknowledged_value() => _check.Accepts(new Story().Acked(0, 0, 0).Final((0, 0)));

    [Fact]
    public void X_2_the_tail_is_gone() => _check.Finds(new Story().Acked(0, 0, 0).Acked(0, 1, 1).Final((0, 0)), "0:1");

    [Fact]
    public void X_2_a_partition_that_nobody_could_read() => _check.Finds(new Story().Acked(0, 0, 0), "not read");
}
