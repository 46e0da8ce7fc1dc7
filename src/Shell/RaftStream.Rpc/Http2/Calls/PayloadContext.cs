using System.Buffers;
using Grpc.Core;
using RaftStream.Model;
using RaftStream.Rpc.Http2.Buffers;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>Runs a marshaller over received messages, holding the memory of the last one until the next.</summary>
/// <remarks>One per call; used by the call's one reader, but closed by any thread: memory is not given back under a running marshaller.</remarks>
internal sealed class PayloadContext(BufferPool pool) : DeserializationContext, IPayloadOwner
{
    private readonly Lock _gate = new();
    private ReceivedMessage _message;
    private bool _isReading;
    private bool _isClosed;

    /// <inheritdoc/>
    public override int PayloadLength => _message.Length;

    /// <summary>Reads <paramref name="message"/>, whose memory this context owns from now on.</summary>
    /// <exception cref="RpcException">Internal: the marshaller cannot read it. Cancelled: the context is closed.</exception>
    public T Read<T>(Marshaller<T> marshaller, ReceivedMessage message)
    {
        Begin(message);
        try
        {
            return marshaller.ContextualDeserializer(this);
        }
#pragma warning disable CA1031 // whatever a parser throws at bytes from the network, the caller gets the same answer
        catch (Exception exception) when (exception is not RpcException)
#pragma warning restore CA1031
        {
            throw new RpcException(new Status(
                StatusCode.Internal, $"A message of {message.Length} bytes cannot be parsed as {typeof(T).Name}.", exception));
        }
        finally
        {
            End();
        }
    }

    /// <summary>Gives back the memory of the last message, unless it was taken. Not while a message is read.</summary>
    public void Release()
    {
        lock (_gate)
        {
            Invariant.Check(!_isReading);
            ReleaseLocked();
        }
    }

    /// <summary>The last message goes back now, or as soon as it has been read; no other is read. Any thread, any number of times.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            if (!_isReading)
            {
                ReleaseLocked();
            }
        }
    }

    private void Begin(ReceivedMessage message)
    {
        lock (_gate)
        {
            Invariant.Check(!_isReading);
            ReleaseLocked();
            if (_isClosed)
            {
                message.Release();
                throw new RpcException(new Status(StatusCode.Cancelled, "The call was disposed."));
            }

            _message = message;
            _isReading = true;
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _isReading = false;
            if (_isClosed)
            {
                ReleaseLocked();
            }
        }
    }

    private void ReleaseLocked()
    {
        _message.Release();
        _message = default;
    }

    /// <inheritdoc/>
    public override byte[] PayloadAsNewBuffer() => _message.Memory.ToArray();

    /// <inheritdoc/>
    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(_message.Memory);

    /// <inheritdoc/>
    public IMemoryOwner<byte> TakePayload()
    {
        ReceivedMessage message = _message;
        if (message.Buffer is null || !message.IsShared)
        {
            _message = message with { Buffer = null };
            return new Payload(message);
        }

        // Small: a copy costs less than keeping the whole shared buffer for it.
        CountedBuffer copy = pool.Rent(message.Length);
        message.Memory.CopyTo(copy.Array);
        return new Payload(message with { Buffer = copy, Offset = 0 });
    }

    private sealed class Payload(ReceivedMessage message) : IMemoryOwner<byte>
    {
        private CountedBuffer? _buffer = message.Buffer;

        public Memory<byte> Memory { get; } =
            message.Buffer is null ? default : message.Buffer.Array.AsMemory(message.Offset, message.Length);

        public void Dispose() => Interlocked.Exchange(ref _buffer, null)?.Release();
    }
}
