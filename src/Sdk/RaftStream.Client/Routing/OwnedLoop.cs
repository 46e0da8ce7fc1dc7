namespace RaftStream.Client.Routing;

/// <summary>A loop in the background that somebody owns: it ends when its owner stops it, and its failure reaches the owner.</summary>
internal sealed class OwnedLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    /// <summary>Starts the loop.</summary>
    /// <param name="body">Runs until its token is cancelled.</param>
    /// <param name="onFailure">Hears of anything else that ends it: a bug.</param>
    public OwnedLoop(Func<CancellationToken, Task> body, Action<Exception> onFailure) =>
        _running = Task.Run(() => RunAsync(body, onFailure));

    /// <summary>Cancels the loop and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
#pragma warning disable VSTHRD003 // Started by this object, on the pool: nothing it waits for needs the caller's thread.
        await _running.ConfigureAwait(false);
#pragma warning restore VSTHRD003
        _stopping.Dispose();
    }

    private async Task RunAsync(Func<CancellationToken, Task> body, Action<Exception> onFailure)
    {
        try
        {
            await body(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopped by its owner.
        }
#pragma warning disable CA1031 // The one place where a loop's bug is caught; its owner stops on it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            onFailure(exception);
        }
    }
}
