using System.Buffers;
using RaftStream.Rpc.Http2.Buffers;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Http2.Transports;

namespace RaftStream.Rpc.Http2.Connections;

/// <summary>The one loop that writes to a connection: gathers what all streams have into few large sends.</summary>
/// <remarks>
/// While one batch is in the socket's hands, others queue up for the next. Order within a batch: control frames, new
/// streams' HEADERS, DATA in turns. A stream that is reset is closed before its RST_STREAM is queued, so that no DATA
/// of it can follow.
/// </remarks>
internal sealed class Http2Sender
{
    // Enough to make the system call's own cost small, little enough that control frames never wait long.
    private const int BatchBytes = 512 * 1024;
    private const int BatchPieces = 64;
    private const int TurnBytes = 256 * 1024;
    private const int MaxWaitingAcks = 1_000;

    private readonly Lock _gate = new();
    private readonly Http2Transport _transport;
    private readonly StreamTable _streams;
    private readonly int _maxFrameBytes;
    private readonly SendBatch _batch;
    private readonly Waiter _wake = new();
    private readonly Queue<Http2Stream> _opening = new();
    private readonly Queue<Http2Stream> _ready = new();
    private readonly ArrayBufferWriter<byte> _headers = new();
    private ArrayBufferWriter<byte> _control = new();
    private ArrayBufferWriter<byte> _spareControl = new();
    private SendWindow _window = new(FlowControl.DefaultWindowBytes);
    private int _waitingAcks;
    private bool _signalled;
    private bool _stopped;

    /// <param name="maxFrameBytes">Largest DATA payload we send even if the peer takes more.</param>
    public Http2Sender(Http2Transport transport, StreamTable streams, int maxFrameBytes)
    {
        _transport = transport;
        _streams = streams;
        _maxFrameBytes = maxFrameBytes;
        _batch = new SendBatch(transport.CopyBytes);
    }

    /// <summary>Writes until <see cref="Stop"/>.</summary>
    /// <exception cref="IOException">The connection is lost.</exception>
    public async Task RunAsync()
    {
        while (true)
        {
            while (FillBatch())
            {
                try
                {
                    await _transport.SendAsync(_batch.Seal()).ConfigureAwait(false);
                }
                finally
                {
                    _batch.Complete();
                }
            }

            ValueTask wake;
            lock (_gate)
            {
                if (_stopped && !_signalled)
                {
                    return;
                }

                wake = _signalled ? default : _wake.WaitAsync();
                _signalled = false;
            }

            await wake.ConfigureAwait(false);
        }
    }

    /// <summary>Ends <see cref="RunAsync"/> once everything that can be sent now is sent.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            _wake.Wake();
        }
    }

    /// <summary>Streams that wait for their number.</summary>
    public int OpeningCount
    {
        get
        {
            lock (_gate)
            {
                return _opening.Count;
            }
        }
    }

    /// <summary>A new stream waits for its number. False after <see cref="TakeOpening"/>.</summary>
    public bool TryOpen(Http2Stream stream)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return false;
            }

            _opening.Enqueue(stream);
            Signal();
            return true;
        }
    }

    /// <summary>An open stream has something to send.</summary>
    public void Enqueue(Http2Stream stream)
    {
        lock (_gate)
        {
            _ready.Enqueue(stream);
            Signal();
        }
    }

    /// <summary>There may be room for a waiting stream now.</summary>
    public void OnRoom()
    {
        lock (_gate)
        {
            if (_opening.Count > 0)
            {
                Signal();
            }
        }
    }

    /// <summary>Takes out the streams that still wait for their number.</summary>
    public Http2Stream[] TakeOpening()
    {
        lock (_gate)
        {
            Http2Stream[] waiting = [.. _opening];
            _opening.Clear();
            return waiting;
        }
    }

    /// <summary>Queues WINDOW_UPDATE; stream 0 is the connection.</summary>
    public void QueueWindowUpdate(int streamId, int increment)
    {
        lock (_gate)
        {
            FrameWriter.WriteWindowUpdate(_control, streamId, increment);
            Signal();
        }
    }

    /// <summary>Queues RST_STREAM.</summary>
    public void QueueReset(int streamId, Http2ErrorCode code)
    {
        lock (_gate)
        {
            FrameWriter.WriteRstStream(_control, streamId, code);
            Signal();
        }
    }

    /// <summary>Queues the preface with our settings and the connection's window.</summary>
    public void QueuePreface(int windowIncrement, params ReadOnlySpan<(SettingId Id, int Value)> settings)
    {
        lock (_gate)
        {
            _control.Write(FrameWriter.Preface);
            FrameWriter.WriteSettings(_control, settings);
            if (windowIncrement > 0)
            {
                FrameWriter.WriteWindowUpdate(_control, streamId: 0, windowIncrement);
            }

            Signal();
        }
    }

    /// <summary>Queues the answer to SETTINGS.</summary>
    /// <exception cref="Http2ProtocolException">The peer asks for answers faster than it reads them.</exception>
    public void QueueSettingsAck()
    {
        lock (_gate)
        {
            CountAck();
            FrameWriter.WriteSettingsAck(_control);
            Signal();
        }
    }

    /// <summary>Queues PING, or the answer to one.</summary>
    /// <exception cref="Http2ProtocolException">The peer asks for answers faster than it reads them.</exception>
    public void QueuePing(ulong opaque, bool ack)
    {
        lock (_gate)
        {
            CountAck();
            FrameWriter.WritePing(_control, opaque, ack);
            Signal();
        }
    }

    /// <summary>Queues GOAWAY.</summary>
    public void QueueGoAway(Http2ErrorCode code)
    {
        lock (_gate)
        {
            FrameWriter.WriteGoAway(_control, code);
            Signal();
        }
    }

    /// <summary>WINDOW_UPDATE of the connection. False when the window passed 2^31-1.</summary>
    public bool TryAddWindow(int bytes)
    {
        lock (_gate)
        {
            Signal();
            return _window.TryAdd(bytes);
        }
    }

    private void CountAck()
    {
        if (++_waitingAcks > MaxWaitingAcks)
        {
            throw new Http2ProtocolException(
                Http2ErrorCode.EnhanceYourCalm, "The server sends more PING and SETTINGS than it reads answers.");
        }
    }

    private void Signal()
    {
        _signalled = true;
        _wake.Wake();
    }

    private bool FillBatch()
    {
        AddControl();
        AddHeaders();
        AddData();
        return _batch.Bytes > 0;
    }

    private void AddControl()
    {
        ArrayBufferWriter<byte> control;
        lock (_gate)
        {
            control = _control;
            _control = _spareControl;
            _spareControl = control;
            _waitingAcks = 0;
        }

        if (control.WrittenCount > 0)
        {
            _batch.Write(control.WrittenSpan);
            control.ResetWrittenCount();
        }
    }

    private void AddHeaders()
    {
        while (_batch.Bytes < BatchBytes && _streams.Room > 0 && TryDequeue(_opening, out Http2Stream? stream))
        {
            if (!_streams.TryOpen(stream))
            {
                // Cancelled while it waited, or the connection began to drain since we asked for room.
                stream.OnNotOpened(StreamFailure.Unprocessed("The connection takes no new streams."));
                continue;
            }

            _headers.ResetWrittenCount();
            stream.WriteHeaders(_headers);
            bool end = stream.TryEndWithHeaders();
            AddHeaderBlock(_headers.WrittenSpan, stream.Id, end);
            if (!end)
            {
                lock (_gate)
                {
                    _ready.Enqueue(stream);
                }
            }
        }
    }

    private void AddHeaderBlock(ReadOnlySpan<byte> block, int streamId, bool endStream)
    {
        var type = FrameType.Headers;
        FrameFlags flags = endStream ? FrameFlags.EndStream : FrameFlags.None;
        int maxFrameBytes = _streams.Settings.MaxFrameBytes;
        do
        {
            ReadOnlySpan<byte> fragment = block[..Math.Min(block.Length, maxFrameBytes)];
            block = block[fragment.Length..];
            if (block.IsEmpty)
            {
                flags |= FrameFlags.EndHeaders;
            }

            _batch.Add(new FrameHeader(fragment.Length, type, flags, streamId));
            _batch.Write(fragment);
            type = FrameType.Continuation;
            flags = FrameFlags.None;
        }
        while (!block.IsEmpty);
    }

    private void AddData()
    {
        int maxFrameBytes = Math.Min(_maxFrameBytes, _streams.Settings.MaxFrameBytes);
        int turns;
        int window;
        lock (_gate)
        {
            turns = _ready.Count;
            window = _window.Available;
        }

        // Each stream gets one turn per batch; with the window used up, those that only say END_STREAM still do.
        for (; turns > 0 && _batch.Bytes < BatchBytes && _batch.Pieces < BatchPieces; turns--)
        {
            if (!TryDequeue(_ready, out Http2Stream? stream))
            {
                return;
            }

            (int taken, bool more) = stream.TakeFrames(_batch, Math.Min(TurnBytes, window), maxFrameBytes);
            window -= taken;
            lock (_gate)
            {
                _window.Consume(taken);
                if (more)
                {
                    _ready.Enqueue(stream);
                }
            }
        }
    }

    private bool TryDequeue(Queue<Http2Stream> queue, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Http2Stream? stream)
    {
        lock (_gate)
        {
            return queue.TryDequeue(out stream);
        }
    }
}
