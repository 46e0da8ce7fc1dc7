namespace RaftStream.Client.Producing;

/// <summary>
/// Milliseconds since 1970 UTC for record timestamps. The real clock costs some 25 ns a reading, which is a tenth of what
/// a record may cost in all; so it is read once a second and the tick counter (a few ns) carries it on.
/// </summary>
/// <remarks>Thread-safe. Never more than one tick of the system timer (1 to 4 ms) behind.</remarks>
internal sealed class RecordClock(TimeProvider time)
{
    private const long ResyncMs = 1000;

    private readonly bool _isSystem = ReferenceEquals(time, TimeProvider.System);
    private long _offsetMs;
    private long _validUntilTick = long.MinValue;

    /// <summary>Now.</summary>
    public long NowMs
    {
        get
        {
            if (!_isSystem)
            {
                return time.GetUtcNow().ToUnixTimeMilliseconds();
            }

            long tick = Environment.TickCount64;
            return tick < Volatile.Read(ref _validUntilTick) ? tick + Volatile.Read(ref _offsetMs) : Resync(tick);
        }
    }

    // Two threads may resync at once: both write nearly the same number, and either is right.
    private long Resync(long tick)
    {
        long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        Volatile.Write(ref _offsetMs, nowMs - tick);
        Volatile.Write(ref _validUntilTick, tick + ResyncMs);
        return nowMs;
    }
}
