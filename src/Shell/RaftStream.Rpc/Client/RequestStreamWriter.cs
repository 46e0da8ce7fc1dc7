using System.Net;
using System.Runtime.CompilerServices;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Client;

/// <summary>The requests of one call as messages, written to the body of its HTTP request.</summary>
#pragma warning disable CA1001 // the body belongs to the request
internal sealed class RequestStreamWriter<T> : IClientStreamWriter<T>, IValueStreamWriter<T>
    where T : class
#pragma warning restore CA1001
{
    // Messages held back by a buffer hint leave at this size at the latest.
    private const int GatherBytes = 64 * 1024;

    private readonly HttpCall _call;
    private readonly Marshaller<T> _marshaller;
    private readonly BodyContent _content;
    private readonly PooledBuffer _buffer = new();
    private bool _writing;
    private bool _completed;

    public RequestStreamWriter(HttpCall call, Marshaller<T> marshaller, WriteOptions? writeOptions)
    {
        _call = call;
        _marshaller = marshaller;
        _content = new BodyContent(call);
        WriteOptions = writeOptions;
    }

    /// <summary>The body to send.</summary>
    public HttpContent Content => _content;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(T message) => WriteValueAsync(message).AsTask();

    public Task WriteAsync(T message, CancellationToken cancellationToken) => WriteValueAsync(message, cancellationToken).AsTask();

    public ValueTask WriteValueAsync(T message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        WriteFlags flags = WriteOptions?.Flags ?? WriteFlags.None;
        Enter();
        try
        {
            bool compress = _call.CompressesRequests && (flags & WriteFlags.NoCompress) == 0;
            MessageSerializer.Write(_marshaller, message, _buffer, _call.ChannelOptions.MaxSendMessageBytes, compress);
        }
        catch (PartialMessageException exception)
        {
            // Nothing of it has left: only the buffer is spoiled, and with it what was held back in it.
            _buffer.Clear();
            throw _call.Fail(exception.InnerException!);
        }
        finally
        {
            _writing = false;
        }

        return (flags & WriteFlags.BufferHint) != 0 && _buffer.Length < GatherBytes ? default : FlushAsync(cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask FlushAsync(CancellationToken cancellationToken = default)
    {
        Enter();
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static call => ((HttpCall)call!).CancelByCaller(), _call);
        try
        {
            Stream stream = await _content.StreamAsync().ConfigureAwait(false);
            if (_buffer.Length > 0)
            {
                foreach (ReadOnlyMemory<byte> part in _buffer.Written)
                {
                    await stream.WriteAsync(part, _call.Cancelled).ConfigureAwait(false);
                }

                await stream.FlushAsync(_call.Cancelled).ConfigureAwait(false);
            }
        }
#pragma warning disable CA1031 // every failure becomes a status
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw await _call.FailWriteAsync(exception).ConfigureAwait(false);
        }
        finally
        {
            _buffer.Reset();
            _writing = false;
            await registration.DisposeAsync().ConfigureAwait(false);
        }
    }

    public async Task CompleteAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        _completed = true;
        _buffer.Clear();
        _content.Complete();
    }

    private void Enter()
    {
        if (_completed)
        {
            throw new InvalidOperationException("The requests have been completed.");
        }

        if (_writing)
        {
            throw new InvalidOperationException("The write before this one has not ended; one at a time.");
        }

        _writing = true;
    }

    /// <summary>Lends the stream of the request's body out until the requests are complete or the call ends.</summary>
    private sealed class BodyContent(HttpCall call) : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The stream, once the request is under way.</summary>
        /// <exception cref="RpcException">The call ended before.</exception>
        public async ValueTask<Stream> StreamAsync()
        {
            if (!_stream.Task.IsCompleted)
            {
                await Task.WhenAny(_stream.Task, call.Ended).ConfigureAwait(false);
            }

            return _stream.Task.IsCompleted && !call.Ended.IsCompleted
                ? await _stream.Task.ConfigureAwait(false)
                : throw call.Failure();
        }

        public void Complete() => _complete.TrySetResult();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            // The headers go out before the first message: the server may have something to say first.
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            _stream.TrySetResult(stream);
            if (await Task.WhenAny(_complete.Task, call.Ended).ConfigureAwait(false) != _complete.Task)
            {
                // To return would tell the server that the requests are complete.
                throw new OperationCanceledException("The call ended before its requests were complete.");
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
