using Microsoft.Extensions.Logging;

namespace RaftStream.Broker.Threads;

/// <summary>Owns every loop of a node: starts it, notices when it ends, stops the node when it fails.</summary>
internal sealed class Supervisor(ILogger logger) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource<string> _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly List<Task> _loops = [];

    /// <summary>Tells the loops to end.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Completes with the reason when a part has failed and the node must stop; never otherwise.</summary>
    public Task<string> Failure => _failure.Task;

    /// <summary>True once <see cref="Fail"/> was called.</summary>
    public bool HasFailed => _failure.Task.IsCompleted;

    /// <summary>Runs a loop on the thread pool until it returns or the node stops.</summary>
    public void Run(string name, Func<CancellationToken, Task> loop) => Own(name, Task.Run(() => loop(Stopping)));

    /// <summary>Runs a loop that blocks, on a thread of its own.</summary>
    public void RunThread(string name, Action<CancellationToken> loop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => RunBlocking(loop, ended)) { IsBackground = true, Name = name };
        thread.Start();
        Own(name, ended.Task);
    }

    /// <summary>Stops the node: a bug or a broken disk. Only the first reason counts.</summary>
    public void Fail(string part, Exception exception)
    {
        if (_failure.TrySetResult($"{part} failed: {exception.Message}"))
        {
            BrokerLog.PartFailed(logger, part, exception);
        }
    }

    /// <summary>Tells all loops to end and waits until they have.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Task[] loops;
        lock (_gate)
        {
            loops = [.. _loops];
        }

        await Task.WhenAll(loops).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private void Own(string name, Task loop)
    {
        lock (_gate)
        {
            _loops.Add(WatchAsync(name, loop));
        }
    }

    private async Task WatchAsync(string name, Task loop)
    {
        try
        {
            await loop.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (Stopping.IsCancellationRequested)
        {
            // The one exception that means nothing: it was asked to stop.
        }
#pragma warning disable CA1031 // Whatever ended the loop, the node stops and says why.
        catch (Exception exception)
        {
            Fail(name, exception);
        }
#pragma warning restore CA1031
    }

    private void RunBlocking(Action<CancellationToken> loop, TaskCompletionSource ended)
    {
        try
        {
            loop(Stopping);
            ended.SetResult();
        }
#pragma warning disable CA1031 // Handed to the watcher, which judges it.
        catch (Exception exception)
        {
            ended.SetException(exception);
        }
#pragma warning restore CA1031
    }
}
