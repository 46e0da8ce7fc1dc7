using System.Numerics;

namespace RaftStream.Cli.Bench;

/// <summary>
/// Counts values in log-linear buckets: exact below 2,048, within 0.1 % above, whatever their size, in about 450 KB. The
/// idea is Gil Tene's HdrHistogram; the code is not.
/// </summary>
/// <remarks>One owner; <see cref="Add"/> joins the histograms of several.</remarks>
internal sealed class Histogram
{
    // Values with the same leading bit share 1,024 buckets, so that a bucket is at most 1/1,024 of its values wide.
    private const int SubBucketBits = 11;
    private const int HalfSubBuckets = 1 << (SubBucketBits - 1);

    private readonly long[] _counts = new long[HalfSubBuckets * (64 - SubBucketBits + 1)];

    /// <summary>Values recorded.</summary>
    public long Count { get; private set; }

    /// <summary>Smallest value, exact; 0 when empty.</summary>
    public long Min => Count == 0 ? 0 : _min;

    /// <summary>Largest value, exact; 0 when empty.</summary>
    public long Max { get; private set; }

    /// <summary>Mean, exact; 0 when empty.</summary>
    public double Mean => Count == 0 ? 0 : (double)_sum / Count;

    private long _min = long.MaxValue;
    private Int128 _sum;

    /// <summary>Records one value; below 0 counts as 0 (a clock that stepped back).</summary>
    public void Record(long value)
    {
        value = Math.Max(value, 0);
        _counts[IndexOf(value)]++;
        Count++;
        _sum += value;
        _min = Math.Min(_min, value);
        Max = Math.Max(Max, value);
    }

    /// <summary>Takes over what <paramref name="other"/> counted.</summary>
    public void Add(Histogram other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }

        Count += other.Count;
        _sum += other._sum;
        _min = Math.Min(_min, other._min);
        Max = Math.Max(Max, other.Max);
    }

    /// <summary>The value that <paramref name="percentile"/> (0 to 100) percent of the values do not exceed; 0 when empty.</summary>
    public long Percentile(double percentile)
    {
        long wanted = Math.Clamp((long)Math.Ceiling(percentile / 100 * Count), 1, Math.Max(Count, 1));
        long seen = 0;
        for (int i = 0; i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
            {
                return Math.Clamp(HighestOf(i), Min, Max);
            }
        }

        return 0;
    }

    private static int IndexOf(long value)
    {
        if (value < 2 * HalfSubBuckets)
        {
            return (int)value;
        }

        int shift = BitOperations.Log2((ulong)value) - (SubBucketBits - 1);
        return (shift * HalfSubBuckets) + (int)(value >> shift);
    }

    private static long HighestOf(int index)
    {
        if (index < 2 * HalfSubBuckets)
        {
            return index;
        }

        int shift = (index / HalfSubBuckets) - 1;
        long sub = index - (shift * HalfSubBuckets);
        return ((sub + 1) << shift) - 1;
    }
}
