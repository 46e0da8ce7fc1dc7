namespace RaftStream.Model.Tests;

public sealed class PrngTests
{
    [Fact]
    public void The_same_seed_gives_the_same_numbers_for_ever()
    {
        var prng = new Prng(42);

        ulong[] numbers = [prng.NextUInt64(), prng.NextUInt64(), prng.NextUInt64()];

        // Computed independently from the published xoshiro256** and SplitMix64 definitions.
        Assert.Equal([1546998764402558742UL, 6990951692964543102UL, 12544586762248559009UL], numbers);
    }

    [Fact]
    public void Bounded_numbers_stay_inside_and_reach_every_value()
    {
        var prng = new Prng(7);
        var seen = new HashSet<long>();

        for (int i = 0; i < 10_000; i++)
        {
            long value = prng.Next(-3, 4);
            Assert.InRange(value, -3, 3);
            seen.Add(value);
        }

        Assert.Equal(7, seen.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(33)]
    public void Fill_writes_every_byte(int length)
    {
        var prng = new Prng(1);
        byte[] sum = new byte[length];

        for (int i = 0; i < 64; i++)
        {
            byte[] bytes = new byte[length];
            prng.Fill(bytes);
            for (int at = 0; at < length; at++)
            {
                sum[at] |= bytes[at];
            }
        }

        Assert.All(sum, b => Assert.NotEqual(0, b));
    }

    [Fact]
    public void Guids_are_version_4_and_differ()
    {
        var prng = new Prng(3);

        Guid first = prng.NextGuid();

        Assert.Equal(4, first.Version);
        Assert.NotEqual(first, prng.NextGuid());
    }

    [Fact]
    public void A_bound_that_is_not_positive_is_a_bug()
    {
        Assert.Throws<InvariantViolationException>(() => new Prng(1).Next(0));
        Assert.Throws<InvariantViolationException>(() => new Prng(1).Next(5, 5));
    }
}
