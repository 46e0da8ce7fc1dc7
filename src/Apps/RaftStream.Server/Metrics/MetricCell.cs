namespace RaftStream.Server.Metrics;

/// <summary>The value of one series. Thread-safe; recording allocates nothing.</summary>
internal sealed class MetricCell(double[] boundaries)
{
    private readonly long[] _buckets = boundaries.Length == 0 ? [] : new long[boundaries.Length + 1];
    private double _value;

    /// <summary>Sum of what was added, or what was set last.</summary>
    public double Value => Volatile.Read(ref _value);

    /// <summary>Measurements of a histogram by bucket; the last one is above every boundary. Copies.</summary>
    public long[] ReadBuckets()
    {
        long[] copy = new long[_buckets.Length];
        for (int i = 0; i < copy.Length; i++)
        {
            copy[i] = Volatile.Read(ref _buckets[i]);
        }

        return copy;
    }

    /// <summary>For values that are totals by themselves.</summary>
    public void Set(double value) => Volatile.Write(ref _value, value);

    /// <summary>For counters.</summary>
    public void Add(double amount)
    {
        double before = Volatile.Read(ref _value);
        while (true)
        {
            double seen = Interlocked.CompareExchange(ref _value, before + amount, before);
            if (seen.Equals(before))
            {
                return;
            }

            before = seen;
        }
    }

    /// <summary>For histograms: a boundary belongs to the bucket below it, as in Prometheus.</summary>
    public void Record(double measurement)
    {
        int at = Array.BinarySearch(boundaries, measurement);
        Interlocked.Increment(ref _buckets[at < 0 ? ~at : at]);
        Add(measurement);
    }
}
