namespace RaftStream.Benchmarks.Quorum;

/// <summary>How long something took, again and again.</summary>
internal sealed class Times
{
    private readonly List<double> _milliseconds = [];

    /// <summary>The last one.</summary>
    public double Last => _milliseconds[^1];

    /// <summary>Takes one, milliseconds.</summary>
    public void Add(double milliseconds) => _milliseconds.Add(milliseconds);

    /// <summary>Prints percentiles: the smallest value that so many percent do not exceed.</summary>
    /// <param name="what">Of what there were so many.</param>
    public void Print(string name, string what)
    {
        List<double> sorted = [.. _milliseconds.Order()];
        Console.WriteLine(
            $"{name}: {sorted.Count} {what}, p50 {At(sorted, 50):N0} ms, p90 {At(sorted, 90):N0} ms, p99 {At(sorted, 99):N0} ms, min {sorted[0]:N0} ms, max {sorted[^1]:N0} ms");
    }

    private static double At(List<double> sorted, int percentile) => sorted[Math.Max(0, (int)Math.Ceiling(sorted.Count * percentile / 100.0) - 1)];
}
