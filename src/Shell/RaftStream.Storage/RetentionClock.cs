namespace RaftStream.Storage;

/// <summary>The "now" of retention: follows the wall clock, but a jump forward cannot erase data (R-15.4, P72).</summary>
/// <remarks>One owner; not thread-safe.</remarks>
public sealed class RetentionClock
{
    /// <summary>How far the wall may run ahead of the monotonic clock between two checks, milliseconds.</summary>
    public const long DriftBoundMs = 5 * 60 * 1000;

    private bool _started;
    private long _lastNowMs;
    private long _lastMonotonicMs;

    /// <summary>Takes one reading of both clocks and returns the time that retention may believe.</summary>
    /// <returns>min(wall, last answer + monotonic time since + 5 min), milliseconds since 1970.</returns>
    public long Read(long wallMs, long monotonicMs)
    {
        long now = wallMs;
        if (_started)
        {
            long elapsedMs = Math.Max(0, monotonicMs - _lastMonotonicMs);
            now = Math.Min(wallMs, _lastNowMs + elapsedMs + DriftBoundMs);
        }

        _started = true;
        _lastNowMs = now;
        _lastMonotonicMs = monotonicMs;
        return now;
    }
}
