using System.Runtime.CompilerServices;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Server.Calls;

/// <summary>The requests of one call as messages.</summary>
internal sealed class RequestStream<T>(ServerCall call, Marshaller<T> marshaller) : IValueStreamReader<T>
    where T : class
{
    private T? _current;

    public T Current => _current ?? throw new InvalidOperationException("There is no current message: MoveNext has not answered true.");

    public Task<bool> MoveNext(CancellationToken cancellationToken) => MoveNextAsync(cancellationToken).AsTask();

    public ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        _current = null;
        ValueTask<bool> next = call.Input.MoveNextAsync(cancellationToken);
        if (!next.IsCompletedSuccessfully)
        {
            return TakeAsync(next);
        }

#pragma warning disable VSTHRD103 // complete already
        return new ValueTask<bool>(next.Result && Take());
#pragma warning restore VSTHRD103
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> TakeAsync(ValueTask<bool> next) => await next.ConfigureAwait(false) && Take();

    private bool Take()
    {
        _current = MessageDeserializer.Read(marshaller, call.Input.Message);
        return true;
    }
}
