using RaftStream.Chaos.Checks;
using RaftStream.Chaos.Histories;

namespace RaftStream.Chaos.Tests.Checks;

public sealed class DuplicatesTests
{
    private readonly Duplicates _check = new();

    [Fact]
    public void X_4_one_value_at_two_offsets() => _check.Finds(new Story().Final((0, 0), (0, 0)), "lies at 0 and at 1", isIdempotent: true);

    [Fact]
    public void X_4_two_readers_of_one_log_make_no_duplicate() =>
        _check.Accepts(new Story().Final((0, 0), (0, 1)).Polled("again", isFinal: true, new Seen(0, new Value(0, 0))), isIdempotent: true);

    [Fact]
    public void X_4_copies_are_counted_where_producers_are_not_idempotent()
    {
        Finding finding = _check.Run(new Story().Final((0, 0), (0, 0), (0, 1)).ToHistory(isIdempotent: false));

        Assert.Empty(finding.Anomalies);
        Assert.StartsWith("1 duplicates", finding.Note, StringComparison.Ordinal);
    }
}
