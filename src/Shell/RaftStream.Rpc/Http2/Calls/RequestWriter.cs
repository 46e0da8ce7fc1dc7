using System.Runtime.CompilerServices;
using Grpc.Core;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>The requests of a call as a stream. Completes at once while the channel's write buffer has room.</summary>
internal sealed class RequestWriter<TRequest, TResponse>(TypedCall<TRequest, TResponse> call)
    : IValueStreamWriter<TRequest>, IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private bool _completed;
    private int _writing; // 1 from the beginning of a write to its completion

    /// <inheritdoc/>
    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    /// <inheritdoc/>
    public Task WriteAsync(TRequest message) => WriteValueAsync(message, CancellationToken.None).AsTask();

    /// <inheritdoc/>
    public Task WriteAsync(TRequest message, CancellationToken cancellationToken) =>
        WriteValueAsync(message, cancellationToken).AsTask();

    /// <inheritdoc/>
    public ValueTask WriteValueAsync(TRequest message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (_completed)
        {
            return MisusedAsync("The stream of requests is complete: nothing can be written any more.");
        }

        if (Interlocked.Exchange(ref _writing, 1) == 1)
        {
            return MisusedAsync("Only one write at a time: the one before has not completed.");
        }

        ValueTask write = StartWriteAsync(message, cancellationToken);
        if (!write.IsCompleted)
        {
            return write; // clears the mark when it is through
        }

        Volatile.Write(ref _writing, 0);
        return write;
    }

    private ValueTask StartWriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            call.Cancel(Status.DefaultCancelled);
        }

        if (call.Response.IsFinished)
        {
            return ValueTask.FromException(Ended());
        }

        bool borrowed;
        try
        {
            borrowed = call.Serialize(call.Attempt, message);
        }
        catch (RpcException exception)
        {
            call.Cancel(exception.Status);
            return ValueTask.FromException(exception);
        }

        bool hold = !borrowed && WriteOptions?.Flags.HasFlag(WriteFlags.BufferHint) == true;
        return FlushAsync(hold, borrowed, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) =>
        FlushAsync(hold: false, untilAllSent: false, cancellationToken);

    /// <inheritdoc/>
    public Task CompleteAsync()
    {
        if (!_completed)
        {
            _completed = true;
            call.Attempt.Flush(end: true);
        }

        return Task.CompletedTask;
    }

    private ValueTask FlushAsync(bool hold, bool untilAllSent, CancellationToken cancellationToken)
    {
        GrpcStream stream = call.Attempt;
        if (!hold || !stream.IsBelowBuffer)
        {
            stream.Flush(end: false);
        }

        ValueTask space = stream.WaitForSpaceAsync(untilAllSent);
        return space.IsCompletedSuccessfully ? default : WaitAsync(space, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask space, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static call => ((GrpcCall)call!).Cancel(Status.DefaultCancelled), call);
        await space.ConfigureAwait(false);
        Volatile.Write(ref _writing, 0);
        if (call.Response.IsFinished)
        {
            throw Ended();
        }
    }

    private static ValueTask MisusedAsync(string message) => ValueTask.FromException(new InvalidOperationException(message));

    // A call that the server ended with OK while we still wrote has no failure of its own to show.
    private RpcException Ended() => call.GetStatus().StatusCode == StatusCode.OK
        ? new RpcException(new Status(StatusCode.Cancelled, "The server ended the call with OK before it had read all requests."))
        : call.Response.Failure;
}
