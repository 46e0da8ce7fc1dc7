namespace RaftStream.Broker.Threads;

/// <summary>Something that wants to be called at a moment; its place in the wheel is part of it, so arming allocates nothing.</summary>
internal abstract class TimerTarget
{
    internal TimerTarget? Next;
    internal TimerTarget? Previous;
    internal long DueTick = NotArmed;

    internal const long NotArmed = long.MaxValue;

    /// <summary>Called on a thread-pool thread, at or after the moment; short, and does not throw.</summary>
    internal abstract void OnDue();
}

/// <summary>All deadlines of a node: one timer, constant cost to arm however many are armed.</summary>
/// <remarks>
/// A hashed wheel: slot = tick modulo <see cref="Slots"/>; what is due in a later round stays in its slot. The timer runs
/// only while something is armed. Thread-safe.
/// </remarks>
internal sealed class TimerWheel : IDisposable
{
    /// <summary>Milliseconds of one tick: how late a deadline may be noticed.</summary>
    public const int TickMs = 5;

    private const int Slots = 1024;

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly TimerTarget?[] _slots = new TimerTarget?[Slots];
    private readonly List<TimerTarget> _due = [];
    private readonly Lock _ticking = new();
    private long _currentTick;
    private int _armed;
    private bool _running;
    private bool _disposed;

    public TimerWheel(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static wheel => ((TimerWheel)wheel!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _currentTick = NowMs / TickMs;
    }

    /// <summary>The monotonic clock that deadlines are given in, milliseconds.</summary>
    public long NowMs => _time.GetTimestamp() / (_time.TimestampFrequency / 1000);

    /// <summary>Calls <paramref name="target"/> at <paramref name="deadlineMs"/>, or earlier if it is armed for earlier.</summary>
    public void Arm(TimerTarget target, long deadlineMs)
    {
        long tick = Math.Max(0, deadlineMs + TickMs - 1) / TickMs;
        lock (_gate)
        {
            if (_disposed || target.DueTick <= tick)
            {
                return;
            }

            if (target.DueTick != TimerTarget.NotArmed)
            {
                Unlink(target);
            }

            if (!_running)
            {
                _currentTick = NowMs / TickMs;
                _running = true;
                _timer.Change(TimeSpan.FromMilliseconds(TickMs), TimeSpan.FromMilliseconds(TickMs));
            }

            target.DueTick = Math.Max(tick, _currentTick + 1);
            Link(target);
        }
    }

    /// <summary>Takes <paramref name="target"/> out. A call that is under way may still come.</summary>
    public void Disarm(TimerTarget target)
    {
        lock (_gate)
        {
            if (target.DueTick != TimerTarget.NotArmed)
            {
                Unlink(target);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        _timer.Dispose();
    }

    private void Tick()
    {
        // A tick that takes longer than a tick is not run twice at once: the next one catches up.
        if (!_ticking.TryEnter())
        {
            return;
        }

        try
        {
            Collect();
            foreach (TimerTarget target in _due)
            {
                target.OnDue();
            }

            _due.Clear();
        }
        finally
        {
            _ticking.Exit();
        }
    }

    private void Collect()
    {
        lock (_gate)
        {
            long now = NowMs / TickMs;
            long first = Math.Max(_currentTick + 1, now - Slots + 1);
            for (long tick = first; tick <= now; tick++)
            {
                for (TimerTarget? target = _slots[tick % Slots]; target is not null;)
                {
                    TimerTarget? next = target.Next;
                    if (target.DueTick <= now)
                    {
                        Unlink(target);
                        _due.Add(target);
                    }

                    target = next;
                }
            }

            _currentTick = Math.Max(_currentTick, now);
            if (_armed == 0 && _running && !_disposed)
            {
                _running = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Link(TimerTarget target)
    {
        ref TimerTarget? head = ref _slots[target.DueTick % Slots];
        target.Next = head;
        if (head is not null)
        {
            head.Previous = target;
        }

        head = target;
        _armed++;
    }

    private void Unlink(TimerTarget target)
    {
        if (target.Previous is null)
        {
            _slots[target.DueTick % Slots] = target.Next;
        }
        else
        {
            target.Previous.Next = target.Next;
        }

        if (target.Next is not null)
        {
            target.Next.Previous = target.Previous;
        }

        (target.Next, target.Previous, target.DueTick) = (null, null, TimerTarget.NotArmed);
        _armed--;
    }
}
