using System.Threading.Channels;
using Grpc.Core;

namespace RaftStream.Client.Tests.Fakes;

/// <summary>Calls without a wire.</summary>
internal static class FakeCalls
{
    public static readonly Status Lost = new(StatusCode.Unavailable, "connection refused");

    public static AsyncUnaryCall<T> Unary<T>(Func<T> answer)
    {
        Task<T> response;
        try
        {
            response = Task.FromResult(answer());
        }
        catch (RpcException exception)
        {
            response = Task.FromException<T>(exception);
        }

        return new AsyncUnaryCall<T>(response, Task.FromResult(new global::Grpc.Core.Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    /// <summary>A call that ends only with its caller's patience.</summary>
    public static AsyncUnaryCall<T> Hanging<T>(CallOptions options)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        options.CancellationToken.Register(() => answer.TrySetException(new RpcException(new Status(StatusCode.Cancelled, "cancelled"))));
        if (options.Deadline is { } deadline)
        {
            var timer = new CancellationTokenSource(deadline - DateTime.UtcNow);
            timer.Token.Register(() => answer.TrySetException(new RpcException(new Status(StatusCode.DeadlineExceeded, "too late"))));
        }

        return new AsyncUnaryCall<T>(answer.Task, Task.FromResult(new global::Grpc.Core.Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    public static AsyncDuplexStreamingCall<TRequest, TResponse> Duplex<TRequest, TResponse>(
        Func<TRequest, Task> onRequest, ChannelReader<TResponse> responses, Action onHandled, Action onDispose) => new(
            new Requests<TRequest>(onRequest),
            new Responses<TResponse>(responses, onHandled),
            Task.FromResult(new global::Grpc.Core.Metadata()),
            () => Status.DefaultSuccess,
            () => [],
            onDispose);

    public static AsyncServerStreamingCall<TResponse> ServerStream<TResponse>(IAsyncStreamReader<TResponse> responses, Action onDispose) => new(
        responses, Task.FromResult(new global::Grpc.Core.Metadata()), () => Status.DefaultSuccess, () => [], onDispose);

    private sealed class Requests<T>(Func<T, Task> onRequest) : IClientStreamWriter<T>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(T message) => onRequest(message);

        public Task CompleteAsync() => Task.CompletedTask;
    }

    private sealed class Responses<T>(ChannelReader<T> responses, Action onHandled) : IAsyncStreamReader<T>
    {
        private bool _isFirst = true;

        public T Current { get; private set; } = default!;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            if (!_isFirst)
            {
                onHandled();
            }

            _isFirst = false;
            try
            {
                Current = await responses.ReadAsync(cancellationToken);
                return true;
            }
            catch (ChannelClosedException closed) when (closed.InnerException is RpcException failure)
            {
                throw failure;
            }
            catch (ChannelClosedException)
            {
                return false;
            }
        }
    }
}
