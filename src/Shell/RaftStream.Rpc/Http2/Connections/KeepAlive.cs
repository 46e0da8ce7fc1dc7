namespace RaftStream.Rpc.Http2.Connections;

/// <summary>Notices a peer that fell silent: pings it when calls are open, and gives up when no answer comes.</summary>
/// <remarks>A timer of the given clock calls; any received byte counts as a sign of life.</remarks>
internal sealed class KeepAlive : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _delay;
    private readonly TimeSpan _timeout;
    private readonly Func<bool> _hasCalls;
    private readonly Action _ping;
    private readonly Action _giveUp;
    private readonly ITimer _timer;
    private long _lastReceived;
    private long _pingedAt; // 0 when no ping is outstanding

    /// <param name="delay">Silence after which to ping; not positive never pings.</param>
    /// <param name="timeout">Silence after a ping after which the connection is given up.</param>
    public KeepAlive(TimeProvider time, TimeSpan delay, TimeSpan timeout, Func<bool> hasCalls, Action ping, Action giveUp)
    {
        _time = time;
        _delay = delay;
        _timeout = timeout;
        _hasCalls = hasCalls;
        _ping = ping;
        _giveUp = giveUp;
        _lastReceived = time.GetTimestamp();
        TimeSpan shorter = delay < timeout ? delay : timeout;
        TimeSpan period = delay <= TimeSpan.Zero ? Timeout.InfiniteTimeSpan : shorter / 2;
        _timer = time.CreateTimer(static state => ((KeepAlive)state!).Tick(), this, period, period);
    }

    /// <summary>Bytes came.</summary>
    public void OnReceived()
    {
        Volatile.Write(ref _lastReceived, _time.GetTimestamp());
        Volatile.Write(ref _pingedAt, 0);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        long pingedAt = Volatile.Read(ref _pingedAt);
        if (pingedAt != 0)
        {
            if (_time.GetElapsedTime(pingedAt) >= _timeout)
            {
                _giveUp();
            }
        }
        else if (_hasCalls() && _time.GetElapsedTime(Volatile.Read(ref _lastReceived)) >= _delay)
        {
            Volatile.Write(ref _pingedAt, _time.GetTimestamp());
            _ping();
        }
    }
}
