using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Server.Calls;

/// <summary>Takes the messages of one call out of its request body, in place.</summary>
/// <remarks>
/// <see cref="Message"/> borrows the pipe's memory until the next <see cref="MoveNextAsync"/> or the end of the call: the
/// pipe is advanced only then. One reader at a time.
/// </remarks>
internal sealed class MessageInput(PipeReader body, int maxMessageBytes, bool gzip)
{
    // Give consumed blocks back, and the client its window, in steps of this size rather than per small message.
    private const int ReleaseBytes = 64 * 1024;

    private ReadOnlySequence<byte> _unread;
    private PooledBuffer? _unpacked;
    private long _taken;
    private bool _holdsRead;
    private bool _bodyEnded;
    private bool _ended;

    /// <summary>The bytes of the current message.</summary>
    public ReadOnlySequence<byte> Message { get; private set; }

    /// <summary>True when bytes follow the current message that were there already.</summary>
    public bool HasMore => !_unread.IsEmpty;

    /// <summary>Goes to the next message; false is the end of the requests.</summary>
    /// <exception cref="RpcException">The message is too large, broken, or cut off.</exception>
    /// <exception cref="OperationCanceledException">The client is gone or <see cref="Interrupt"/> was called.</exception>
    public ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (_ended)
        {
            throw new InvalidOperationException("The call has ended; its requests cannot be read any more.");
        }

        Message = default;
        _unpacked?.Clear();
        if (_taken >= ReleaseBytes)
        {
            Release();
        }

        return TryTake() ? new ValueTask<bool>(true) : ReadOnAsync(cancellationToken);
    }

    /// <summary>Wakes a waiting reader with an <see cref="OperationCanceledException"/>. Any thread, before <see cref="End"/>.</summary>
    public void Interrupt()
    {
        try
        {
            body.CancelPendingRead();
        }
        catch (Exception exception) when (exception is ObjectDisposedException or OperationCanceledException or IOException)
        {
            // The server has aborted the body by itself, because the client is gone; that wakes the reader too.
        }
    }

    /// <summary>Gives everything back; the messages are gone.</summary>
    public void End()
    {
        _ended = true;
        Message = default;
        _unread = default;
        _unpacked?.Clear();
    }

    private void Release()
    {
        body.AdvanceTo(_unread.Start);
        _taken = 0;
        _holdsRead = body.TryRead(out ReadResult read);
        _unread = _holdsRead ? read.Buffer : default;
        _bodyEnded |= read.IsCompleted;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadOnAsync(CancellationToken cancellationToken)
    {
        do
        {
            if (_bodyEnded)
            {
                return _unread.IsEmpty ? false : throw new RpcException(new Status(
                    StatusCode.Internal, $"The requests ended {_unread.Length} bytes into a message."));
            }

            if (_holdsRead)
            {
                _holdsRead = false;
                body.AdvanceTo(_unread.Start, _unread.End);
                _taken = 0;
            }

            ReadResult read = await ReadBodyAsync(cancellationToken).ConfigureAwait(false);
            _holdsRead = true;
            _unread = read.Buffer;
            _bodyEnded = read.IsCompleted;
            if (read.IsCanceled)
            {
                throw new OperationCanceledException("The call was cancelled.", cancellationToken);
            }
        }
        while (!TryTake());

        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReadBodyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new OperationCanceledException("The client is gone.", exception);
        }
    }

    private bool TryTake()
    {
        long before = _unread.Length;
        if (!MessageFrame.TryRead(ref _unread, maxMessageBytes, out bool compressed, out ReadOnlySequence<byte> message))
        {
            return false;
        }

        _taken += before - _unread.Length;
        Message = compressed ? Unpack(message) : message;
        return true;
    }

    private ReadOnlySequence<byte> Unpack(in ReadOnlySequence<byte> message)
    {
        if (!gzip)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A message is marked as compressed, but the call names no grpc-encoding."));
        }

        _unpacked ??= new PooledBuffer();
        MessageCompression.Decompress(message, maxMessageBytes, _unpacked);
        return _unpacked.Written;
    }
}
