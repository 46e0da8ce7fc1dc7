namespace RaftStream.Client.Routing;

/// <summary>Pauses between tries of what runs on in the background: produce and consume streams.</summary>
internal sealed class Backoff(RaftStreamClientOptions options)
{
    /// <summary>
    /// Ticks of the time provider to wait after <paramref name="failuresInRow"/> failures: doubles from the first pause to
    /// the longest; a random half keeps clients from coming back all at once. None after no failure.
    /// </summary>
    public long PauseTicks(int failuresInRow)
    {
        if (failuresInRow <= 0)
        {
            return 0;
        }

        double doubled = options.RetryBackoff.TotalSeconds * Math.Pow(2, Math.Min(failuresInRow - 1, 30));
        double pause = Math.Min(options.RetryBackoffMax.TotalSeconds, doubled);
        double spread = 0.5 + (Random.Shared.NextDouble() / 2);
        return (long)(pause * spread * options.TimeProvider.TimestampFrequency);
    }
}
