using FsCheck;
using FsCheck.Fluent;
using RaftStream.Cli.Bench;

namespace RaftStream.Cli.Tests;

public sealed class HistogramTests
{
    [Fact]
    public void Small_values_are_exact()
    {
        var histogram = new Histogram();
        for (int value = 1; value <= 2000; value++)
        {
            histogram.Record(value);
        }

        Assert.Equal(1000, histogram.Percentile(50));
        Assert.Equal(1980, histogram.Percentile(99));
        Assert.Equal(2000, histogram.Percentile(100));
        Assert.Equal(1, histogram.Percentile(0));
        Assert.Equal(1, histogram.Min);
        Assert.Equal(2000, histogram.Max);
        Assert.Equal(1000.5, histogram.Mean);
    }

    [Fact]
    public void An_empty_histogram_answers_zero()
    {
        var histogram = new Histogram();

        Assert.Equal(0, histogram.Percentile(99));
        Assert.Equal(0, histogram.Min);
        Assert.Equal(0, histogram.Max);
        Assert.Equal(0, histogram.Mean);
    }

    [Fact]
    public void A_single_value_is_every_percentile()
    {
        var histogram = new Histogram();
        histogram.Record(123_456_789);

        Assert.All([0.0, 50, 99.9, 100], p => Assert.Equal(123_456_789, histogram.Percentile(p)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(long.MaxValue)]
    public void The_edges_of_buckets_hold(long value)
    {
        var histogram = new Histogram();
        histogram.Record(value);
        histogram.Record(0);

        Assert.Equal(value, histogram.Percentile(100));
    }

    [Fact]
    public void Percentiles_are_within_a_thousandth_of_the_sorted_values() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).Select(value => 5L * value).NonEmptyListOf().ToArbitrary(), values =>
        {
            var histogram = new Histogram();
            foreach (long value in values)
            {
                histogram.Record(value);
            }

            long[] sorted = [.. values.Order()];
            return new[] { 1.0, 25, 50, 90, 99, 99.9, 100 }.All(percentile =>
            {
                long exact = sorted[Math.Max(0, (int)Math.Ceiling(percentile / 100 * sorted.Length) - 1)];
                long found = histogram.Percentile(percentile);
                return found >= exact && found <= exact + (exact / 1000) + 1;
            });
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Added_histograms_count_as_one()
    {
        var left = new Histogram();
        var right = new Histogram();
        left.Record(10);
        right.Record(1_000_000);
        left.Add(right);

        Assert.Equal(2, left.Count);
        Assert.Equal(10, left.Percentile(50));
        Assert.Equal(1_000_000, left.Percentile(100));
    }
}
