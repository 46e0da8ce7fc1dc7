using System.Threading.Tasks.Sources;

namespace RaftStream.Rpc.Http2.Buffers;

/// <summary>One awaiter at a time, woken without allocating.</summary>
/// <remarks>
/// The owner locks around <see cref="WaitAsync"/> and <see cref="Wake"/>; the awaiter goes on in the thread pool, never
/// inside the lock.
/// </remarks>
internal sealed class Waiter : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

    /// <summary>True from <see cref="WaitAsync"/> to <see cref="Wake"/>.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Begins to wait; await the answer once, before the next call.</summary>
    public ValueTask WaitAsync()
    {
        _core.Reset();
        IsWaiting = true;
        return new ValueTask(this, _core.Version);
    }

    /// <summary>Ends the wait, if there is one.</summary>
    public void Wake()
    {
        if (IsWaiting)
        {
            IsWaiting = false;
            _core.SetResult(true);
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
