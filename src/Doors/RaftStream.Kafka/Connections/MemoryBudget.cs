namespace RaftStream.Kafka.Connections;

/// <summary>Bytes that answers may take over all connections; who finds too few left waits for its turn. Thread-safe.</summary>
internal sealed class MemoryBudget(long budget)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiting> _waiting = [];
    private long _taken;
    private long _mostTaken;
    private long _waitedFor;

    /// <summary>Bytes taken.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Most bytes that were taken at once.</summary>
    public long MostTaken => Volatile.Read(ref _mostTaken);

    /// <summary>Who waits.</summary>
    public int WaitingCount
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Bytes that must come back until nobody waits any more.</summary>
    public long Missing
    {
        get
        {
            lock (_gate)
            {
                return Math.Clamp(_taken + _waitedFor - budget, 0, _taken);
            }
        }
    }

    /// <summary>Takes bytes; first come, first served. More than the whole budget waits until it is alone.</summary>
    /// <exception cref="OperationCanceledException">The connection ended first; nothing is taken.</exception>
    public async ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiting> place;
        lock (_gate)
        {
            if (_waiting.Count == 0 && Fits(bytes))
            {
                Add(bytes);
                return;
            }

            place = _waiting.AddLast(new Waiting(bytes));
            _waitedFor += bytes;
        }

        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(_ => Cancel(place), null);
        await using (registration.ConfigureAwait(false))
        {
#pragma warning disable VSTHRD003 // Completed by whoever returns memory; nothing waits for a thread.
            await place.Value.Granted.Task.ConfigureAwait(false);
#pragma warning restore VSTHRD003
        }
    }

    /// <summary>Takes bytes that are in use already, whether they fit or not: what is under way must be able to finish.</summary>
    public void Charge(long bytes)
    {
        lock (_gate)
        {
            Add(bytes);
        }
    }

    /// <summary>Gives bytes back.</summary>
    public void Return(long bytes)
    {
        lock (_gate)
        {
            _taken -= bytes;
            Grant();
        }
    }

    private void Add(long bytes)
    {
        _taken += bytes;
        _mostTaken = Math.Max(_mostTaken, _taken);
    }

    private bool Fits(long bytes) => _taken == 0 || _taken + bytes <= budget;

    private void Grant()
    {
        while (_waiting.First is { } first && Fits(first.Value.Bytes))
        {
            _waiting.RemoveFirst();
            _waitedFor -= first.Value.Bytes;
            Add(first.Value.Bytes);
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
            _waitedFor -= place.Value.Bytes;
            Grant();
        }

        place.Value.Granted.SetCanceled(CancellationToken.None);
    }

    private sealed record Waiting(long Bytes)
    {
        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
