using System.Runtime.CompilerServices;
using Grpc.Core;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>The responses of a call as a stream. Allocates nothing per message but what the marshaller does.</summary>
internal sealed class ResponseReader<TRequest, TResponse>(TypedCall<TRequest, TResponse> call) : IValueStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private TResponse? _current;

    /// <inheritdoc/>
    public TResponse Current => _current ?? throw new InvalidOperationException("MoveNext has not answered true.");

    /// <inheritdoc/>
    public Task<bool> MoveNext(CancellationToken cancellationToken) => MoveNextAsync(cancellationToken).AsTask();

    /// <inheritdoc/>
    public ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            call.Cancel(Status.DefaultCancelled);
        }

        return TryRead() ? new ValueTask<bool>(true)
            : call.Response.IsDrained(out _) ? EndAsync()
            : WaitAsync(cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static call => ((GrpcCall)call!).Cancel(Status.DefaultCancelled), call);
        while (true)
        {
            await call.Response.WaitAsync().ConfigureAwait(false);
            if (TryRead())
            {
                return true;
            }

            if (call.Response.IsDrained(out _))
            {
                return await EndAsync().ConfigureAwait(false);
            }
        }
    }

    private bool TryRead()
    {
        if (!call.Response.TryTake(out ReceivedMessage message, out int credit))
        {
            return false;
        }

        call.Attempt.Credit(credit);
        _current = call.Deserialize(message);
        return true;
    }

    private ValueTask<bool> EndAsync()
    {
        _current = null;
        call.ReleaseMessage();
        return call.GetStatus().StatusCode == StatusCode.OK
            ? new ValueTask<bool>(false)
            : ValueTask.FromException<bool>(call.Response.Failure);
    }
}
