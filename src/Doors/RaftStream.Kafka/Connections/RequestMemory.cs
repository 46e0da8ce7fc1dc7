namespace RaftStream.Kafka.Connections;

/// <summary>Bytes that requests under way may take over all connections; who finds too few left waits for its turn. Thread-safe.</summary>
internal sealed class RequestMemory(long budget)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiting> _waiting = [];
    private long _taken;

    /// <summary>Bytes taken.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Takes bytes; first come, first served. A request larger than everything waits until it is alone.</summary>
    /// <exception cref="OperationCanceledException">The connection ended first; nothing is taken.</exception>
    public async ValueTask TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiting> place;
        lock (_gate)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                _taken += bytes;
                return;
            }

            place = _waiting.AddLast(new Waiting(bytes));
        }

        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(_ => Cancel(place), null);
        await using (registration.ConfigureAwait(false))
        {
#pragma warning disable VSTHRD003 // Completed by whoever returns memory; nothing waits for a thread.
            await place.Value.Granted.Task.ConfigureAwait(false);
#pragma warning restore VSTHRD003
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Return(int bytes)
    {
        lock (_gate)
        {
            _taken -= bytes;
            Grant();
        }
    }

    private bool Fits(int bytes) => _taken == 0 || _taken + bytes <= budget;

    private void Grant()
    {
        while (_waiting.First is { } first && Fits(first.Value.Bytes))
        {
            _waiting.RemoveFirst();
            _taken += first.Value.Bytes;
            first.Value.Granted.SetResult();
        }
    }

    private void Cancel(LinkedListNode<Waiting> place)
    {
        lock (_gate)
        {
            if (place.List is null)
            {
                return; // granted meanwhile
            }

            _waiting.Remove(place);
            Grant();
        }

        place.Value.Granted.SetCanceled(CancellationToken.None);
    }

    private sealed record Waiting(int Bytes)
    {
        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
