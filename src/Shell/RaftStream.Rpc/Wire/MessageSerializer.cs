using System.Buffers;
using Grpc.Core;
using RaftStream.Rpc.Http2;

namespace RaftStream.Rpc.Wire;

/// <summary>Runs a marshaller and puts the message with its prefix into the transport's memory.</summary>
/// <remarks>
/// A message whose length was announced goes straight there; others, and those to be compressed, take one copy through
/// pooled memory. One object per thread is reused: marshallers run to their end without awaiting.
/// </remarks>
internal sealed class MessageSerializer : SerializationContext, IBorrowingBufferWriter
{
    // Smaller messages do not get smaller. And the framework packs nothing at all into nothing at all, which is not gzip.
    private const int MinCompressedBytes = 256;

    [ThreadStatic]
    private static MessageSerializer? _cached;

    private readonly PooledBuffer _scratch = new();
    private IBufferWriter<byte>? _output;
    private int _maxMessageBytes;
    private bool _compress;
    private State _state;
    private int _announced;
    private int _written;

    private enum State
    {
        Start,
        Announced,
        Direct,
        Scratch,
        Done,
    }

    /// <summary>Serializes <paramref name="message"/> with its prefix to <paramref name="output"/>.</summary>
    /// <returns>Bytes written, prefix included.</returns>
    /// <exception cref="RpcException">ResourceExhausted: above the limit; nothing was written.</exception>
    /// <exception cref="PartialMessageException">The marshaller failed half-way: what follows on this stream is lost.</exception>
    public static int Write<T>(
        Marshaller<T> marshaller, T message, IBufferWriter<byte> output, int maxMessageBytes, bool compress)
    {
        MessageSerializer context = _cached ?? new MessageSerializer();
        _cached = null;
        try
        {
            context._output = output;
            context._maxMessageBytes = maxMessageBytes;
            context._compress = compress;
            marshaller.ContextualSerializer(message, context);
            if (context._state != State.Done)
            {
                throw new InvalidOperationException("The marshaller returned without completing its message.");
            }

            return context._written;
        }
        catch (Exception exception) when (context._state == State.Direct)
        {
            throw new PartialMessageException(exception);
        }
        finally
        {
            context.Reset();
            _cached = context;
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(payloadLength);
        Expect(State.Start);
        CheckLimit(payloadLength);
        _announced = payloadLength;
        _state = State.Announced;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        switch (_state)
        {
            case State.Announced when !_compress:
                (_output as PooledBuffer)?.Reserve(MessageFrame.PrefixBytes + _announced);
                WritePrefix(compressed: false, _announced);
                _state = State.Direct;
                return this;
            case State.Start or State.Announced:
                _state = State.Scratch;
                return _scratch;
            case State.Direct:
                return this;
            case State.Scratch:
                return _scratch;
            default:
                throw new InvalidOperationException("The message is complete already.");
        }
    }

    public override void Complete()
    {
        if (_state == State.Direct)
        {
            if (_written - MessageFrame.PrefixBytes != _announced)
            {
                throw WrongLength();
            }
        }
        else
        {
            if (_state == State.Announced)
            {
                _state = State.Scratch; // an empty message: nobody asked for a writer
            }

            Expect(State.Scratch);
            CheckLimit(_scratch.Length);
            WriteWhole(_scratch.Written);
        }

        _state = State.Done;
    }

    public override void Complete(byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        Expect(State.Start);
        CheckLimit(payload.Length);
        WriteWhole(new ReadOnlySequence<byte>(payload));
        _state = State.Done;
    }

    public void Advance(int count)
    {
        if (count > MessageFrame.PrefixBytes + _announced - _written)
        {
            throw WrongLength();
        }

        _output!.Advance(count);
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _output!.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _output!.GetSpan(sizeHint);

    public void WriteBorrowed(ReadOnlyMemory<byte> memory)
    {
        if (memory.Length > MessageFrame.PrefixBytes + _announced - _written)
        {
            throw WrongLength();
        }

        _output!.WriteBorrowed(memory); // a copy where the transport cannot borrow
        _written += memory.Length;
    }

    private void WriteWhole(in ReadOnlySequence<byte> message)
    {
        if (!_compress || message.Length < MinCompressedBytes)
        {
            WriteParts(compressed: false, message);
            return;
        }

        var packed = new PooledBuffer();
        try
        {
            MessageCompression.Compress(message, packed);
            WriteParts(compressed: true, packed.Written);
        }
        finally
        {
            packed.Clear();
        }
    }

    private void WriteParts(bool compressed, in ReadOnlySequence<byte> message)
    {
        WritePrefix(compressed, (int)message.Length);
        foreach (ReadOnlyMemory<byte> part in message)
        {
            _output!.Write(part.Span);
        }

        _written += (int)message.Length;
    }

    private void WritePrefix(bool compressed, int messageBytes)
    {
        MessageFrame.WritePrefix(_output!.GetSpan(MessageFrame.PrefixBytes), compressed, messageBytes);
        _output.Advance(MessageFrame.PrefixBytes);
        _written = MessageFrame.PrefixBytes;
    }

    private void CheckLimit(long bytes)
    {
        if (bytes > _maxMessageBytes)
        {
            throw new RpcException(new Status(
                StatusCode.ResourceExhausted, $"A message to send has {bytes} bytes; the limit is {_maxMessageBytes}."));
        }
    }

    private void Expect(State state)
    {
        if (_state != state)
        {
            throw new InvalidOperationException($"The marshaller called in the wrong order: {_state} instead of {state}.");
        }
    }

    private InvalidOperationException WrongLength() =>
        new($"The marshaller announced {_announced} bytes and wrote another number.");

    private void Reset()
    {
        _scratch.Clear();
        _output = null;
        _state = State.Start;
        _announced = 0;
        _written = 0;
    }
}
