using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Grpc.Core;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Server.Calls;

/// <summary>Puts the messages of one call into its response body.</summary>
/// <remarks>
/// <para>A flush of the body ends only when the connection has taken the bytes. Meanwhile small messages are gathered
/// beside it and leave together with the next flush, so that a stream of small messages costs one flush per burst. Large
/// messages wait for the flush, which keeps them out of that buffer; so does everything once the buffer is full, and
/// that is the backpressure of a client that does not read.</para>
/// <para>The body is touched by one party at a time: the writer when no flush is under way, else the flush's
/// continuation. One writer at a time.</para>
/// </remarks>
internal sealed class MessageOutput : IValueTaskSource
{
    // Above this a write waits for its flush. Below, copying once more is cheaper than waiting.
    private const int LargeBytes = 16 * 1024;

    // Room for messages that wait beside a flush, and for those held back by a buffer hint.
    private const int GatherBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly PipeWriter _body;
    private readonly int _maxMessageBytes;
    private readonly bool _gzip;

    private Action? _onFlushed;
    private PooledBuffer? _gathered;
    private ManualResetValueTaskSourceCore<bool> _waiter;
    private Waiting _waiting;
    private ValueTask<FlushResult> _flush;
    private bool _flushing;
    private int _unflushed;
    private TaskCompletionSource? _drained;
    private Exception? _failure;
    private bool _ended;

    public MessageOutput(PipeWriter body, int maxMessageBytes, bool gzip)
    {
        _body = body;
        _maxMessageBytes = maxMessageBytes;
        _gzip = gzip;
    }

    private enum Waiting
    {
        Nobody,
        ForRoom,
        ForFlush,
    }

    /// <summary>True once bytes of a message are in the body: then the call ends with trailers, not with headers alone.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>Adds a message and sees to it that it leaves.</summary>
    /// <exception cref="RpcException">ResourceExhausted: the message is too large; the call can go on.</exception>
    /// <exception cref="PartialMessageException">The marshaller failed half-way: the call can only be reset.</exception>
    public ValueTask WriteAsync<T>(Marshaller<T> marshaller, T message, WriteFlags flags)
    {
        lock (_lock)
        {
            ThrowIfClosed();
            bool compress = _gzip && (flags & WriteFlags.NoCompress) == 0;
            if (_flushing)
            {
                _gathered ??= new PooledBuffer();
                int size = MessageSerializer.Write(marshaller, message, _gathered, _maxMessageBytes, compress);
                return size >= LargeBytes || _gathered.Length >= GatherBytes ? WaitUnderLockAsync(Waiting.ForRoom) : default;
            }

            int written = MessageSerializer.Write(marshaller, message, _body, _maxMessageBytes, compress);
            HasWritten = true;
            _unflushed += written;
            if ((flags & WriteFlags.BufferHint) != 0 && _unflushed < GatherBytes)
            {
                return default;
            }

            FlushUnderLock();
            return _flushing && written >= LargeBytes ? WaitUnderLockAsync(Waiting.ForFlush) : ResultUnderLockAsync();
        }
    }

    /// <summary>Adds the only message of a call; it leaves with the call's end.</summary>
    public void WriteLast<T>(Marshaller<T> marshaller, T message, WriteFlags flags)
    {
        MessageSerializer.Write(marshaller, message, _body, _maxMessageBytes, _gzip && (flags & WriteFlags.NoCompress) == 0);
        HasWritten = true;
    }

    /// <summary>Sends all that was written, and waits until the connection has it.</summary>
    public ValueTask FlushAsync()
    {
        lock (_lock)
        {
            ThrowIfClosed();
            if (!_flushing && _unflushed > 0)
            {
                FlushUnderLock();
            }

            return _flushing ? WaitUnderLockAsync(Waiting.ForFlush) : ResultUnderLockAsync();
        }
    }

    /// <summary>Lets no more messages in and waits until none is beside the body; what the body holds leaves with the call's end.</summary>
    /// <returns>False when a flush is still under way because the call has failed: then the stream must be reset.</returns>
    public async ValueTask<bool> EndAsync()
    {
        lock (_lock)
        {
            _ended = true;
            if (!_flushing || _failure is not null)
            {
                return !_flushing;
            }

            _drained = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await _drained.Task.ConfigureAwait(false);
        lock (_lock)
        {
            return !_flushing;
        }
    }

    /// <summary>Fails what waits and all that follows: the client is gone or the deadline has passed. Any thread.</summary>
    public void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            _drained?.TrySetResult();
        }

        Wake(Waiting.Nobody);
    }

    void IValueTaskSource.GetResult(short token)
    {
        _waiter.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private void ThrowIfClosed()
    {
        if (_failure is not null)
        {
            throw _failure;
        }

        if (_ended)
        {
            throw new InvalidOperationException("The call has ended; nothing can be written any more.");
        }

        if (_waiting != Waiting.Nobody)
        {
            throw new InvalidOperationException("The write before this one has not ended; one at a time.");
        }
    }

    private ValueTask ResultUnderLockAsync() => _failure is null ? default : ValueTask.FromException(_failure);

    private ValueTask WaitUnderLockAsync(Waiting what)
    {
        _waiting = what;
        _waiter.Reset();
        return new ValueTask(this, _waiter.Version);
    }

    /// <summary>Starts a flush of the body; when it does not end at once, <see cref="OnFlushed"/> goes on.</summary>
    private void FlushUnderLock()
    {
        _unflushed = 0;
#pragma warning disable CA2012 // kept until its continuation runs; its result is taken once
        _flush = _body.FlushAsync(CancellationToken.None);
#pragma warning restore CA2012
        if (!_flush.IsCompleted)
        {
            _flushing = true;
            _flush.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_onFlushed ??= OnFlushed);
            return;
        }

        TakeFlushResult();
    }

    private void TakeFlushResult()
    {
        try
        {
#pragma warning disable VSTHRD002 // complete already
            _flush.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        }
        catch (IOException exception)
        {
            _failure ??= new OperationCanceledException("The client is gone.", exception);
        }
        catch (OperationCanceledException exception)
        {
            _failure ??= exception;
        }
    }

    private void OnFlushed()
    {
        Waiting reached;
        lock (_lock)
        {
            TakeFlushResult();
            _flushing = false;
            if (_gathered is { Length: > 0 } gathered)
            {
                if (_failure is null)
                {
                    foreach (ReadOnlyMemory<byte> part in gathered.Written)
                    {
                        _body.Write(part.Span);
                    }

                    FlushUnderLock();
                }

                gathered.Clear();
            }

            reached = _flushing ? Waiting.ForRoom : Waiting.ForFlush;
            if (!_flushing)
            {
                _drained?.TrySetResult();
            }
        }

        Wake(reached);
    }

    /// <summary>Lets the waiting writer go on when what it waits for was reached, or when all is lost.</summary>
    private void Wake(Waiting reached)
    {
        Exception? failure;
        lock (_lock)
        {
            failure = _failure;
            if (_waiting == Waiting.Nobody || (failure is null && _waiting > reached))
            {
                return;
            }

            _waiting = Waiting.Nobody;
        }

        // Outside the lock. After a flush the writer goes on right here; a failure comes from a cancellation, which must
        // not run the rest of the handler.
        if (failure is null)
        {
            _waiter.SetResult(true);
        }
        else
        {
            _waiter.RunContinuationsAsynchronously = true;
            _waiter.SetException(failure);
        }
    }
}
