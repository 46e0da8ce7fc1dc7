using System.Runtime.CompilerServices;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Client;

/// <summary>The responses of one call as messages.</summary>
internal sealed class ResponseStreamReader<T>(HttpCall call, Marshaller<T> marshaller) : IValueStreamReader<T>
    where T : class
{
    private T? _current;
    private ResponseInput? _input;

    public T Current => _current ?? throw new InvalidOperationException("There is no current message: MoveNext has not answered true.");

    public Task<bool> MoveNext(CancellationToken cancellationToken) => MoveNextAsync(cancellationToken).AsTask();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        _current = null;
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static call => ((HttpCall)call!).CancelByCaller(), call);
        try
        {
            _input ??= await call.AnswerAsync().ConfigureAwait(false);
            if (_input is not null)
            {
                if (await _input.MoveNextAsync(call.Cancelled).ConfigureAwait(false))
                {
                    _current = MessageDeserializer.Read(marshaller, _input.Message);
                    return true;
                }

                call.EndWithTrailers();
            }

            return call.GetStatus().StatusCode == StatusCode.OK ? false : throw call.Failure();
        }
#pragma warning disable CA1031 // every failure becomes a status
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw call.Fail(exception);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }
    }
}
