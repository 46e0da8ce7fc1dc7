namespace RaftStream.Kafka.Connections;

/// <summary>Bytes that large requests may take over all connections, from their first bytes until they are served. Thread-safe.</summary>
/// <remarks>
/// A request takes memory step by step while it comes in. Whoever finds too little waits; those that began first are first, and nobody overtakes.
/// One at a time may go beyond the budget, and then never waits: the first of those that wait with a part of their memory. So however many are half
/// here when it is full, one of them can always finish, and after it the next; all together hold the budget and one request at most.
/// </remarks>
internal sealed class RequestMemory(long budget)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<RequestClaim> _byAge = [];
    private RequestClaim? _beyond;
    private int _waitingCount;
    private long _taken;
    private long _mostTaken;
    private long _waitedFor;

    /// <summary>Bytes taken.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Most bytes that were taken at once.</summary>
    public long MostTaken => Volatile.Read(ref _mostTaken);

    /// <summary>Who waits.</summary>
    public int WaitingCount => Volatile.Read(ref _waitingCount);

    /// <summary>Bytes that must come back until nobody waits any more.</summary>
    public long Missing
    {
        get
        {
            lock (_gate)
            {
                return _waitingCount == 0 ? 0 : Math.Clamp(_taken + _waitedFor - budget, 0, _taken);
            }
        }
    }

    /// <summary>Has a request hold that many bytes in all; it has them already, or waits for its turn.</summary>
    /// <exception cref="OperationCanceledException">The connection ended first. What the request held before it still holds.</exception>
    public ValueTask GrowAsync(RequestClaim claim, long bytes, CancellationToken cancellationToken)
    {
        if (bytes <= claim.Held)
        {
            return default;
        }

        lock (_gate)
        {
            if (claim.Place.List is null)
            {
                _byAge.AddLast(claim.Place);
            }

            claim.Wanted = bytes - claim.Held;
            if (claim == _beyond || (_waitingCount == 0 && MayHave(claim)))
            {
                Grant(claim);
                return default;
            }

            claim.BeginWaiting();
            _waitingCount++;
            _waitedFor += claim.Wanted;
            GrantToWaiting(); // those before it may hold enough already, and not wait
        }

        return WaitAsync(claim, cancellationToken);
    }

    /// <summary>The request was served, or never will be. Calling it again does nothing.</summary>
    public void Release(RequestClaim claim)
    {
        if (claim.Place.List is null)
        {
            return; // only its own connection puts it in
        }

        lock (_gate)
        {
            _byAge.Remove(claim.Place);
            _taken -= claim.Held;
            claim.Held = 0;
            if (_taken <= budget)
            {
                _beyond = null;
            }

            GrantToWaiting();
        }
    }

    private async ValueTask WaitAsync(RequestClaim claim, CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(_ => Cancel(claim), null);
        await using (registration.ConfigureAwait(false))
        {
#pragma warning disable VSTHRD003 // Completed by whoever returns memory; nothing waits for a thread.
            await claim.Granted.Task.ConfigureAwait(false);
#pragma warning restore VSTHRD003
        }
    }

    private bool MayHave(RequestClaim claim) =>
        _taken + claim.Wanted <= budget || _taken == 0 || (claim.Held > 0 && (_beyond is null || _beyond == claim));

    private void Grant(RequestClaim claim)
    {
        _taken += claim.Wanted;
        _mostTaken = Math.Max(_mostTaken, _taken);
        if (_taken > budget)
        {
            _beyond = claim;
        }

        claim.Held += claim.Wanted;
        claim.Wanted = 0;
    }

    private void GrantToWaiting()
    {
        for (LinkedListNode<RequestClaim>? place = _byAge.First; place is not null && _waitingCount > 0; place = place.Next)
        {
            RequestClaim claim = place.Value;
            if (claim.Wanted == 0)
            {
                continue; // has what it needs for now
            }

            if (!MayHave(claim))
            {
                return;
            }

            StopWaiting(claim);
            Grant(claim);
            claim.Granted.SetResult();
        }
    }

    private void StopWaiting(RequestClaim claim)
    {
        _waitingCount--;
        _waitedFor -= claim.Wanted;
    }

    private void Cancel(RequestClaim claim)
    {
        lock (_gate)
        {
            if (claim.Wanted == 0)
            {
                return; // granted meanwhile
            }

            StopWaiting(claim);
            claim.Wanted = 0;
            GrantToWaiting();
        }

        claim.Granted.SetCanceled(CancellationToken.None);
    }
}
