using System.Threading.Tasks.Sources;

namespace RaftStream.Broker.Threads;

/// <summary>Lets one waiter wait again and again without allocating; a signal before the wait is not lost.</summary>
/// <remarks>
/// Any thread may <see cref="Set"/>; one owner calls <see cref="WaitAsync"/> and awaits its answer before the next call.
/// Signals between two waits count as one. The waiter goes on on the thread pool, never inside <see cref="Set"/>.
/// </remarks>
public sealed class Signal : IValueTaskSource
{
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Signalled = 2;

    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private int _state;

    /// <summary>Wakes the waiter, now or when it comes.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _state, Signalled) == Waiting)
        {
            // Only the thread that saw Waiting comes here, once per wait: the waiter is still bound to this version.
            _source.SetResult(true);
        }
    }

    /// <summary>Completes when <see cref="Set"/> was called since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Signalled) == Signalled)
        {
            return ValueTask.CompletedTask;
        }

        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return new ValueTask(this, _source.Version);
        }

        // Set came between the two looks: nobody waits, so take the signal.
        Clear();
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token)
    {
        _source.GetResult(token);
        Clear();
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    // A full fence: the waiter looks for news next, and must not have looked before another Set can see that it is idle
    // again. (Otherwise: it looks, finds nothing; Set publishes news and still sees "signalled"; then idle is written,
    // and the news waits for the next signal.)
    private void Clear() => Interlocked.Exchange(ref _state, Idle);
}
