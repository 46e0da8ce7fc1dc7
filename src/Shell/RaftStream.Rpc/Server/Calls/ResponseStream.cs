using Grpc.Core;

namespace RaftStream.Rpc.Server.Calls;

/// <summary>The responses of one call as messages.</summary>
internal sealed class ResponseStream<T>(ServerCall call, Marshaller<T> marshaller) : IServerStreamWriter<T>, IValueStreamWriter<T>
    where T : class
{
    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(T message) => WriteValueAsync(message).AsTask();

    public Task WriteAsync(T message, CancellationToken cancellationToken) => WriteValueAsync(message, cancellationToken).AsTask();

    public ValueTask WriteValueAsync(T message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return CancellableAsync(call.Output.WriteAsync(marshaller, message, call.WriteFlags), cancellationToken);
    }

    public ValueTask FlushAsync(CancellationToken cancellationToken = default) =>
        CancellableAsync(call.Output.FlushAsync(), cancellationToken);

    private ValueTask CancellableAsync(ValueTask write, CancellationToken cancellationToken) =>
        write.IsCompleted || !cancellationToken.CanBeCanceled ? write : WithTokenAsync(write, cancellationToken);

    /// <summary>A message cannot be taken back: giving up a write ends the call.</summary>
    private async ValueTask WithTokenAsync(ValueTask write, CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((ServerCall)state!).Output.Fail(new OperationCanceledException(token)), call);
        await using (registration.ConfigureAwait(false))
        {
            await write.ConfigureAwait(false);
        }
    }
}
