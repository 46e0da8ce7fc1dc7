using System.Buffers;
using System.Runtime.CompilerServices;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Client;

/// <summary>Takes the messages of one call out of the stream of its answer.</summary>
/// <remarks>
/// Reads as much at once as there is room for. A message lies in one piece. Of a stream it is valid until the next
/// <see cref="MoveNextAsync"/> or until the call is disposed; a single response keeps its memory. One reader at a time.
/// </remarks>
/// <param name="pooled">True for streams: the memory goes from message to message and back to its pool.</param>
internal sealed class ResponseInput(Stream body, int maxMessageBytes, bool gzip, bool pooled) : IDisposable
{
    private const int StreamReadBytes = 64 * 1024;
    private const int SingleReadBytes = 512;

    // Up to this much is moved to the front rather than read on behind it.
    private const int MoveBytes = 4 * 1024;

    private readonly Lock _lock = new();
    private byte[] _buffer = pooled ? ArrayPool<byte>.Shared.Rent(StreamReadBytes) : new byte[SingleReadBytes];
    private int _start;
    private int _end;
    private PooledBuffer? _unpacked;
    private bool _reading;
    private bool _disposed;

    /// <summary>The bytes of the current message.</summary>
    public ReadOnlySequence<byte> Message { get; private set; }

    /// <summary>Goes to the next message; false is the end of the answer, after which its trailers are there.</summary>
    /// <exception cref="RpcException">The message is too large, broken, or cut off.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        Message = default;
        _unpacked?.Clear();
        while (!TryTake())
        {
            if (!await ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                return _start == _end ? false : throw new RpcException(new Status(
                    StatusCode.Internal, $"The answer ended {_end - _start} bytes into a message."));
            }
        }

        return true;
    }

    /// <summary>True when nothing follows the current message, which stays valid.</summary>
    public async ValueTask<bool> IsAtEndAsync(CancellationToken cancellationToken) =>
        _start == _end && await body.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) == 0;

    /// <summary>Gives the memory back, unless a read that is being cancelled may still write to it.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            if (_reading)
            {
                return;
            }
        }

        Message = default;
        _unpacked?.Clear();
        Return(_buffer);
        _buffer = [];
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _reading = true;
        }

        try
        {
            int read = await body.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            _end += read;
            return read > 0;
        }
        finally
        {
            lock (_lock)
            {
                _reading = false;
            }
        }
    }

    /// <summary>Sees to it that the message that begins at the start fits.</summary>
    private void MakeRoom()
    {
        int held = _end - _start;
        int needed = MessageFrame.PrefixBytes;
        if (held >= MessageFrame.PrefixBytes)
        {
            needed += MessageFrame.ReadLength(_buffer.AsSpan(_start), maxMessageBytes);
        }

        if (needed <= _buffer.Length - _start && (_start == 0 || held > MoveBytes))
        {
            return;
        }

        byte[] target = needed <= _buffer.Length ? _buffer : Rent(needed);
        _buffer.AsSpan(_start, held).CopyTo(target);
        if (target != _buffer)
        {
            Return(_buffer);
            _buffer = target;
        }

        _start = 0;
        _end = held;
    }

    private byte[] Rent(int bytes) => pooled ? ArrayPool<byte>.Shared.Rent(bytes) : GC.AllocateUninitializedArray<byte>(bytes);

    private void Return(byte[] buffer)
    {
        if (pooled)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool TryTake()
    {
        var held = new ReadOnlySequence<byte>(_buffer, _start, _end - _start);
        if (!MessageFrame.TryRead(ref held, maxMessageBytes, out bool compressed, out ReadOnlySequence<byte> message))
        {
            return false;
        }

        _start = _end - (int)held.Length;
        Message = compressed ? Unpack(message) : message;
        return true;
    }

    private ReadOnlySequence<byte> Unpack(in ReadOnlySequence<byte> message)
    {
        if (!gzip)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A message is marked as compressed, but the answer names no grpc-encoding."));
        }

        _unpacked ??= new PooledBuffer();
        MessageCompression.Decompress(message, maxMessageBytes, _unpacked);
        return _unpacked.Written;
    }
}
