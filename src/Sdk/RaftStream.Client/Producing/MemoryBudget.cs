using RaftStream.Model;

namespace RaftStream.Client.Producing;

/// <summary>Counts the bytes of unacknowledged records against a limit; who finds it used up waits here.</summary>
/// <remarks>Thread-safe. Taking and giving back costs one interlocked operation while nobody waits.</remarks>
internal sealed class MemoryBudget(long limitBytes)
{
    private readonly Lock _gate = new();
    private long _usedBytes;
    private int _waiting;
    private TaskCompletionSource _released = NewSignal();

    /// <summary>Bytes taken now.</summary>
    public long UsedBytes => Volatile.Read(ref _usedBytes);

    /// <summary>
    /// Takes <paramref name="bytes"/>; false when they do not fit. Something larger than the whole budget fits only an
    /// empty one, so that it cannot be refused for ever.
    /// </summary>
    public bool TryTake(int bytes)
    {
        Invariant.Check(bytes > 0);
        long before = Interlocked.Add(ref _usedBytes, bytes) - bytes;
        if (before + bytes <= limitBytes || before == 0)
        {
            return true;
        }

        Give(bytes);
        return false;
    }

    /// <summary>Gives back bytes that were taken, and wakes everybody who waits.</summary>
    public void Give(int bytes)
    {
        long after = Interlocked.Add(ref _usedBytes, -bytes);
        Invariant.Check(after >= 0);
        if (Volatile.Read(ref _waiting) == 0)
        {
            return;
        }

        TaskCompletionSource released;
        lock (_gate)
        {
            released = _released;
            _released = NewSignal();
        }

        released.TrySetResult();
    }

    /// <summary>Waits until <paramref name="bytes"/> may fit; the caller then tries again, and may lose the race.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task WaitAsync(int bytes, CancellationToken cancellationToken)
    {
        // Announce first, look second: a Give between the two either sees the waiter or is seen by the look.
        Interlocked.Increment(ref _waiting);
        try
        {
            Task signal;
            lock (_gate)
            {
                signal = _released.Task;
            }

            long used = Volatile.Read(ref _usedBytes);
            if (used + bytes <= limitBytes || used == 0)
            {
                return;
            }

            await signal.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
