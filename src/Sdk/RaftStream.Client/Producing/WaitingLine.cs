namespace RaftStream.Client.Producing;

/// <summary>Lets callers that must wait go on in the order in which they came, one after the other. Thread-safe.</summary>
internal sealed class WaitingLine
{
    private readonly Lock _gate = new();
    private Task _last = Task.CompletedTask;
    private int _count;

    /// <summary>False while anybody waits or is at the front: who comes now must not pass by.</summary>
    public bool IsEmpty => Volatile.Read(ref _count) == 0;

    /// <summary>Takes the last place, before it returns; runs <paramref name="atTheFront"/> when all before have been there or have left.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the place is free.</exception>
    public async Task<T> EnterAsync<T>(Func<Task<T>> atTheFront, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_gate)
        {
            (before, _last) = (_last, over.Task);
            _count++;
        }

        try
        {
            await before.WaitAsync(cancellationToken).ConfigureAwait(false);
            return await atTheFront().ConfigureAwait(false);
        }
        finally
        {
            // Who leaves early lets nobody pass by those who still wait.
            _ = before.ContinueWith(_ => Leave(over), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private void Leave(TaskCompletionSource over)
    {
        Interlocked.Decrement(ref _count);
        over.SetResult();
    }
}
