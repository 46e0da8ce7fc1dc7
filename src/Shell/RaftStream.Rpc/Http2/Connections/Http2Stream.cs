using RaftStream.Model;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Http2.Hpack;

namespace RaftStream.Rpc.Http2.Connections;

/// <summary>One request and its response on a connection (RFC 9113 §5): states, windows, bytes on their way out.</summary>
/// <remarks>
/// Three parties touch a stream: its owner (the call), the connection's sender and its reader. All of it is behind
/// the gate, which is held for a few instructions, never across a wait, and never while the connection's
/// tables or the sender are called. Methods named <c>On...</c> are called by the reader, without the gate.
/// </remarks>
internal abstract class Http2Stream : IDataTarget, ISentHandler
{
    private readonly Lock _gate = new();
    private readonly SendQueue _outgoing = new();
    private readonly Waiter _space = new();
    private readonly int _maxWaitingBytes;
    private long _spaceAt; // the waiting writer goes on when SentBytes reaches this
    private Http2Connection? _connection;
    private SendWindow _sendWindow;
    private ReceiveWindow _receiveWindow;
    private bool _queued;      // in the sender's queue, or about to be
    private bool _sendEnd;     // the owner sends nothing more after what is in _outgoing
    private bool _localEnded;  // END_STREAM is on its way
    private bool _remoteEnded; // END_STREAM came
    private bool _receiving;   // the reader is inside a DATA frame of this stream
    private bool _closed;      // nothing is sent or received any more
    private bool _ownerToBeTold; // closed by a failure that OnFailed has not passed on yet

    /// <param name="receiveWindowBytes">Our SETTINGS_INITIAL_WINDOW_SIZE.</param>
    /// <param name="maxWaitingBytes">Bytes of own buffers that may be on their way before a writer has to wait.</param>
    protected Http2Stream(int receiveWindowBytes, int maxWaitingBytes)
    {
        _receiveWindow = new ReceiveWindow(receiveWindowBytes);
        _maxWaitingBytes = maxWaitingBytes;
    }

    /// <summary>Number on the connection; 0 until its HEADERS are sent.</summary>
    public int Id { get; private set; }

    /// <summary>The request's header list, written when its turn has come.</summary>
    public abstract void WriteHeaders(System.Buffers.IBufferWriter<byte> output);

    /// <summary>A header block of the response. Read <paramref name="headers"/> before returning.</summary>
    public abstract void OnHeaders(HeaderList headers, bool endStream);

    /// <summary>The stream ended without END_STREAM: reset by the peer, or lost with its connection.</summary>
    public abstract void OnFailed(StreamFailure failure);

    /// <summary>The connection ended before the stream got its number: nothing of it was sent, so it may start elsewhere.</summary>
    public abstract void OnNotOpened(StreamFailure failure);

    /// <summary>END_STREAM came on a DATA frame.</summary>
    public abstract void OnEndOfData();

    /// <summary>The stream is closed and the reader is not inside: let go of what a half-received message holds.</summary>
    /// <remarks>Called once, within the gate.</remarks>
    protected abstract void OnReceiverIdle();

    /// <summary>The stream is closed: nothing more is sent. Called once, within the gate.</summary>
    protected abstract void OnClosed();

    /// <inheritdoc/>
    public abstract void Append(ReadOnlySpan<byte> bytes);

    /// <inheritdoc/>
    public abstract Memory<byte> GetMemory(int maxBytes);

    /// <inheritdoc/>
    public abstract void Advance(int bytes);

    // --- the owner's side -------------------------------------------------------------------------------------------

    /// <summary>Adds bytes to be sent. Dropped when the stream is closed.</summary>
    /// <param name="owner">The buffer they lie in; null when they are borrowed until they are sent.</param>
    protected void Send(ArraySegment<byte> bytes, CountedBuffer? owner)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                Invariant.Check(!_sendEnd);
                _outgoing.Append(bytes, owner);
            }
        }
    }

    /// <summary>Lets the sender know that there is something to send.</summary>
    /// <param name="end">Nothing follows: END_STREAM goes with the last byte.</param>
    protected void Flush(bool end)
    {
        Http2Connection? connection;
        lock (_gate)
        {
            _sendEnd |= end;
            connection = QueueIfReady();
        }

        connection?.Sender.Enqueue(this);
    }

    /// <summary>True when so little waits that the owner may add to it before it flushes.</summary>
    protected bool IsBelowBuffer
    {
        get
        {
            lock (_gate)
            {
                return _outgoing.WaitingBytes < _maxWaitingBytes;
            }
        }
    }

    /// <summary>Waits until so little is on its way that the owner may go on writing; at once when that is so now.</summary>
    /// <param name="untilAllSent">True after borrowed bytes: waits until the socket has taken over every byte.</param>
    protected ValueTask WaitForSpaceAsync(bool untilAllSent)
    {
        lock (_gate)
        {
            _spaceAt = untilAllSent ? _outgoing.AppendedBytes : _outgoing.AppendedBytes - _maxWaitingBytes;
            return HasSpace() ? default : _space.WaitAsync();
        }
    }

    /// <summary>Gives the peer room for <paramref name="bytes"/> that the owner has used up.</summary>
    protected void Credit(int bytes)
    {
        int increment;
        Http2Connection? connection;
        lock (_gate)
        {
            increment = _receiveWindow.Credit(bytes);
            connection = _closed || _remoteEnded ? null : _connection;
        }

        if (increment > 0)
        {
            connection?.Sender.QueueWindowUpdate(Id, increment);
        }
    }

    /// <summary>Ends the stream now, in both directions. Does nothing when it is closed.</summary>
    public void Reset(Http2ErrorCode code)
    {
        Http2Connection? connection;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            CloseLocked();
            connection = _connection;
        }

        connection?.OnStreamReset(this, code);
    }

    // --- the sender's side ------------------------------------------------------------------------------------------

    /// <summary>The stream now belongs to this connection and waits there for its turn.</summary>
    /// <returns>False when it was closed before.</returns>
    public bool TryAttach(Http2Connection connection)
    {
        lock (_gate)
        {
            _connection = connection;
            return !_closed;
        }
    }

    /// <summary>The stream's HEADERS go out now, and then it has its first turn. False when it was closed meanwhile.</summary>
    public bool TryOpen(int id, int sendWindowBytes)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            Id = id;
            _sendWindow = new SendWindow(sendWindowBytes);
            _queued = true;
            return true;
        }
    }

    /// <summary>After <see cref="TryOpen"/>: is everything said with the HEADERS alone?</summary>
    public bool TryEndWithHeaders()
    {
        lock (_gate)
        {
            _localEnded = _sendEnd && _outgoing.WaitingBytes == 0 && !_closed;
            return _localEnded;
        }
    }

    /// <summary>Moves what may be sent now into <paramref name="batch"/>, as DATA frames.</summary>
    /// <param name="allowedBytes">What the connection's window and fairness allow.</param>
    /// <returns>Payload bytes moved, and whether the stream should get another turn.</returns>
    public (int Taken, bool More) TakeFrames(SendBatch batch, int allowedBytes, int maxFrameBytes)
    {
        bool ended;
        int taken = 0;
        lock (_gate)
        {
            while (!_closed && !_localEnded)
            {
                int waiting = (int)Math.Min(_outgoing.WaitingBytes, int.MaxValue);
                int bytes = Math.Min(Math.Min(waiting, maxFrameBytes), Math.Min(_sendWindow.Available, allowedBytes - taken));
                bool end = _sendEnd && bytes == waiting;
                if (bytes == 0 && !end)
                {
                    break;
                }

                batch.Add(new FrameHeader(bytes, FrameType.Data, end ? FrameFlags.EndStream : FrameFlags.None, Id));
                for (int left = bytes; left > 0;)
                {
                    ArraySegment<byte> piece = _outgoing.Take(left);
                    batch.Add(piece);
                    left -= piece.Count;
                }

                _sendWindow.Consume(bytes);
                _localEnded = end;
                taken += bytes;
            }

            _queued = !_closed && !_localEnded && _outgoing.WaitingBytes > 0 && _sendWindow.Available > 0;
            ended = _localEnded && _remoteEnded && !_closed;
            if (ended)
            {
                CloseLocked();
            }

            if (taken > 0)
            {
                batch.Note(this, taken);
            }
        }

        if (ended)
        {
            _connection!.OnStreamEnded(this);
        }

        return (taken, _queued);
    }

    /// <inheritdoc/>
    public void OnSent(int bytes)
    {
        lock (_gate)
        {
            _outgoing.OnSent(bytes);
            WakeWriterLocked();
        }
    }

    // --- the reader's side ------------------------------------------------------------------------------------------

    /// <summary>A DATA frame begins. False when nobody wants it; then it is dropped.</summary>
    /// <exception cref="Http2ProtocolException">Sent beyond the stream's window, or after END_STREAM.</exception>
    public bool TryBeginData(int flowControlledBytes)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return false;
            }

            if (_remoteEnded)
            {
                throw new Http2ProtocolException(Http2ErrorCode.StreamClosed, $"DATA after the end of stream {Id}.");
            }

            if (!_receiveWindow.TryReceive(flowControlledBytes))
            {
                throw new Http2ProtocolException(
                    Http2ErrorCode.FlowControlError, $"The server sent more on stream {Id} than its window allows.");
            }

            _receiving = true;
            return true;
        }
    }

    /// <summary>The DATA frame is over; its padding is used up already.</summary>
    public void EndData(int paddingBytes, bool endStream)
    {
        lock (_gate)
        {
            _receiving = false;
            if (_closed)
            {
                OnReceiverIdle();
                return;
            }
        }

        if (paddingBytes > 0)
        {
            Credit(paddingBytes);
        }

        if (endStream)
        {
            OnEndOfData();
        }
    }

    /// <summary>The peer has said everything. The owner resets the stream when it has more to send itself.</summary>
    public void EndReceiving()
    {
        lock (_gate)
        {
            _remoteEnded = true;
            if (!_localEnded || _closed)
            {
                return;
            }

            CloseLocked();
        }

        _connection!.OnStreamEnded(this);
    }

    /// <summary>Closes the stream because it failed, and tells its owner. Does nothing when it is closed.</summary>
    public void Fail(StreamFailure failure)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _ownerToBeTold = true;
            CloseLocked();
        }

        OnFailed(failure);
        lock (_gate)
        {
            _ownerToBeTold = false;
            WakeWriterLocked();
        }
    }

    /// <summary>WINDOW_UPDATE for this stream, or the difference when the peer changed its initial window.</summary>
    /// <returns>False when the window passed 2^31-1.</returns>
    public bool TryAddSendWindow(int bytes)
    {
        Http2Connection? connection;
        lock (_gate)
        {
            if (!_sendWindow.TryAdd(bytes))
            {
                return false;
            }

            connection = QueueIfReady();
        }

        connection?.Sender.Enqueue(this);
        return true;
    }

    private Http2Connection? QueueIfReady()
    {
        bool hasWork = (_outgoing.WaitingBytes > 0 && _sendWindow.Available > 0) || (_outgoing.WaitingBytes == 0 && _sendEnd);
        if (Id == 0 || _queued || _closed || _localEnded || !hasWork)
        {
            return null; // before HEADERS are sent, the sender looks by itself
        }

        _queued = true;
        return _connection;
    }

    // Closing drops what waits, but borrowed bytes are the socket's until it lets go of them. And a writer that goes on
    // before its owner knows of the failure would take the end of the wait for success.
    private bool HasSpace() => !_ownerToBeTold
        && _outgoing.SentBytes >= (_closed ? Math.Min(_spaceAt, _outgoing.TakenBytes) : _spaceAt);

    private void WakeWriterLocked()
    {
        if (HasSpace())
        {
            _space.Wake();
        }
    }

    private void CloseLocked()
    {
        _closed = true;
        OnClosed();
        _outgoing.DropWaiting();
        if (!_receiving)
        {
            OnReceiverIdle();
        }

        WakeWriterLocked();
    }
}
