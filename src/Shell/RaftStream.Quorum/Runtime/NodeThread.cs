namespace RaftStream.Quorum.Runtime;

/// <summary>One thread that owns something: runs what it is given in order, and wakes for its deadline. The first exception ends it.</summary>
internal sealed class NodeThread : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private readonly long _origin;
    private Queue<Action> _queue = new();
    private Queue<Action> _taken = new();
    private bool _isClosed;

    public NodeThread(TimeProvider time)
    {
        _time = time;
        _origin = time.GetTimestamp();
    }

    /// <summary>Monotonic, milliseconds since this object was made.</summary>
    public long NowMs => (long)_time.GetElapsedTime(_origin).TotalMilliseconds;

    /// <summary>Completes when the thread has ended; fails with what ended it.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Starts the thread.</summary>
    /// <param name="deadlineMs">When <paramref name="timePassed"/> is to be called; asked after each round.</param>
    public void Start(string name, Func<long> deadlineMs, Action timePassed)
    {
        var thread = new Thread(() => Run(deadlineMs, timePassed)) { IsBackground = true, Name = name };
        thread.Start();
    }

    /// <summary>Gives the thread something to do.</summary>
    /// <returns>False when it has ended, or is about to.</returns>
    public bool Post(Action action)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return false;
            }

            _queue.Enqueue(action);
            if (_queue.Count == 1)
            {
                _work.Release(); // for more the thread has been woken already
            }

            return true;
        }
    }

    /// <summary>Lets the thread end once it has done what it was given.</summary>
    public void Close()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            _work.Release();
        }
    }

    /// <summary>After the end only.</summary>
    public void Dispose() => _work.Dispose();

    private void Run(Func<long> deadlineMs, Action timePassed)
    {
        try
        {
            while (true)
            {
                Wait(deadlineMs());
                bool isLast = Take();
                while (_taken.TryDequeue(out Action? action))
                {
                    action();
                }

                if (isLast)
                {
                    break;
                }

                if (NowMs >= deadlineMs())
                {
                    timePassed();
                }
            }

            _ended.SetResult();
        }
#pragma warning disable CA1031 // Whatever it is, the owner hears of it and stops (C-1.4).
        catch (Exception exception)
        {
            lock (_lock)
            {
                _isClosed = true;
            }

            _ended.SetException(exception);
        }
#pragma warning restore CA1031
    }

    private void Wait(long deadlineMs)
    {
        long left = Math.Clamp(deadlineMs - NowMs, 0, 60_000);
        _work.Wait((int)left);
    }

    /// <summary>Takes over all that waits; true when nothing will follow.</summary>
    private bool Take()
    {
        lock (_lock)
        {
            (_queue, _taken) = (_taken, _queue);
            return _isClosed;
        }
    }
}
