namespace RaftStream.Client.Routing;

/// <summary>Pauses between tries of what runs on in the background: produce and consume streams.</summary>
internal sealed class Backoff(RaftStreamClientOptions options)
{
    /// <summary>Tries that a failover may take: about two seconds of them.</summary>
    private const int FailoverTries = 24;

    /// <summary>
    /// Ticks of the time provider to wait after <paramref name="failuresInRow"/> failures. None after no failure; then the first
    /// pause, and twice that as long as a new leader may be found any moment, for which a longer sleep would be time lost; then
    /// doubling up to the longest. A random half keeps clients from coming back all at once.
    /// </summary>
    public long PauseTicks(int failuresInRow)
    {
        if (failuresInRow <= 0)
        {
            return 0;
        }

        int doublings = failuresInRow <= FailoverTries ? Math.Min(failuresInRow - 1, 1) : Math.Min(failuresInRow - FailoverTries + 1, 30);
        double doubled = options.RetryBackoff.TotalSeconds * Math.Pow(2, doublings);
        double pause = Math.Min(options.RetryBackoffMax.TotalSeconds, doubled);
        double spread = 0.5 + (Random.Shared.NextDouble() / 2);
        return (long)(pause * spread * options.TimeProvider.TimestampFrequency);
    }
}
