using RaftStream.Model;
using RaftStream.Rpc.Http2.Frames;
using RaftStream.Rpc.Http2.Hpack;
using RaftStream.Rpc.Http2.Transports;

namespace RaftStream.Rpc.Http2.Connections;

/// <summary>One HTTP/2 connection as a client (RFC 9113): reads, dispatches frames to streams, ends in order.</summary>
/// <remarks>
/// The reading loop runs in the same task beside the sender's loop. Frames are handled on the reading loop;
/// streams are started and reset from any thread.
/// </remarks>
internal sealed class Http2Connection : IFrameHandler, IAsyncDisposable
{
    // How long a goodbye may take to reach a peer that does not read.
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(1);

    private readonly Http2Transport _transport;
    private volatile bool _isPeerLost;
    private readonly Http2Options _options;
    private readonly StreamTable _streams = new();
    private readonly FrameParser _parser;
    private readonly KeepAlive _keepAlive;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReceiveWindow _receiveWindow;
    private StreamFailure? _end; // why no new streams are taken; null while they are

    public Http2Connection(Http2Transport transport, Http2Options options)
    {
        _transport = transport;
        _options = options;
        _receiveWindow = new ReceiveWindow(options.ConnectionWindowBytes);
        _parser = new FrameParser(this, new FrameLimits(
            options.MaxFrameBytes, options.ReadBufferBytes, HeaderTableBytes: 4096, options.MaxHeaderListBytes));
        Sender = new Http2Sender(transport, _streams, options.MaxSendFrameBytes);
        _keepAlive = new KeepAlive(
            options.Time,
            options.KeepAlivePingDelay,
            options.KeepAlivePingTimeout,
            hasCalls: () => _streams.Count > 0,
            ping: () => Sender.QueuePing(opaque: 1, ack: false),
            giveUp: () => Abort($"{transport.Peer} does not answer: no sign of life after a ping."));
    }

    /// <summary>The loop that writes.</summary>
    public Http2Sender Sender { get; }

    /// <summary>Completes when the server has introduced itself with its SETTINGS; fails when the connection ends before.</summary>
    public Task Ready => _ready.Task;

    /// <summary>True while streams can be started here.</summary>
    public bool IsOpen => Volatile.Read(ref _end) is null;

    /// <summary>True when a stream started now would not have to wait for another one to end.</summary>
    public bool HasRoom => IsOpen && _streams.Room > Sender.OpeningCount;

    /// <summary>Completes when the connection has ended and nothing of it runs any more. Fails only for a bug.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Streams that wait for another one to end.</summary>
    public int WaitingStreams => Sender.OpeningCount;

    /// <summary>Says hello and begins to read and write.</summary>
    public void Start() => Running = RunAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Sender.QueueGoAway(Http2ErrorCode.NoError);
        Abort("The channel is closed.");
        await Running.ConfigureAwait(false);
        _keepAlive.Dispose();
    }

    /// <summary>Ends all streams and closes the socket at once, without a goodbye: the peer is not expected to read it.</summary>
    public async ValueTask LoseAsync(string reason)
    {
        _isPeerLost = true;
        Abort(reason);
        await Running.ConfigureAwait(false);
        _keepAlive.Dispose();
    }

    private async Task RunAsync()
    {
        Sender.QueuePreface(
            _options.ConnectionWindowBytes - FlowControl.DefaultWindowBytes,
            (SettingId.EnablePush, 0),
            (SettingId.InitialWindowSize, _options.StreamWindowBytes),
            (SettingId.MaxFrameSize, _options.MaxFrameBytes),
            (SettingId.MaxHeaderListSize, _options.MaxHeaderListBytes));
        Task writing = WriteAsync();
        Task reading = ReadAsync();
        await _ended.Task.ConfigureAwait(false);
        _keepAlive.Dispose();
        try
        {
            // What is queued by now, GOAWAY above all, still gets a chance to leave.
            TimeSpan patience = _isPeerLost ? TimeSpan.Zero : GoodbyeTimeout;
            await writing.WaitAsync(patience).ConfigureAwait(false);

            // A socket that is closed while a receive waits resets the connection, and the goodbye would be lost.
            _transport.Shutdown();
            await reading.WaitAsync(patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The peer does not read; closing the transport ends what waits for it.
        }
        finally
        {
            _transport.Dispose();
        }

        await Task.WhenAll(writing, reading).ConfigureAwait(false);
    }

    /// <summary>Starts a stream; it gets its number and sends its HEADERS as soon as the server allows one more.</summary>
    /// <returns>False when the connection takes no new streams; another one has to be used.</returns>
    public bool TryStart(Http2Stream stream)
    {
        if (!IsOpen)
        {
            return false;
        }

        if (!stream.TryAttach(this))
        {
            return true; // cancelled already: nothing to do here
        }

        if (!Sender.TryOpen(stream))
        {
            return false;
        }

        // The connection may have ended between the look at it and the queue; whoever ended it took the queue before.
        if (!IsOpen)
        {
            FailOpening();
        }

        return true;
    }

    /// <summary>Takes no new streams, lets the open ones end, then closes.</summary>
    public void Drain()
    {
        End(StreamFailure.Unprocessed("The channel is shutting down."));
        CloseWhenEmpty();
    }

    /// <summary>Ends all streams and the connection now.</summary>
    public void Abort(string reason, Exception? cause = null, Http2ErrorCode code = Http2ErrorCode.NoError)
    {
        StreamFailure failure = StreamFailure.Lost(reason, cause, code);
        End(failure);
        _ready.TrySetException(new IOException(reason, cause));
        _ = _ready.Task.Exception; // nobody may be waiting
        foreach (Http2Stream stream in _streams.Drain(lastStreamId: 0))
        {
            stream.Fail(failure);
        }

        Sender.Stop();
        _ended.TrySetResult();
    }

    /// <summary>The stream was closed by its owner: the server hears of it, and the next one may open.</summary>
    public void OnStreamReset(Http2Stream stream, Http2ErrorCode code)
    {
        if (_streams.Remove(stream))
        {
            Sender.QueueReset(stream.Id, code);
            OnRemoved();
        }
    }

    /// <summary>Both sides have said END_STREAM.</summary>
    public void OnStreamEnded(Http2Stream stream)
    {
        if (_streams.Remove(stream))
        {
            OnRemoved();
        }
    }

    IDataTarget? IFrameHandler.BeginData(int streamId, int flowControlledBytes)
    {
        if (!_receiveWindow.TryReceive(flowControlledBytes))
        {
            throw new Http2ProtocolException(
                Http2ErrorCode.FlowControlError, "The server sent more than the connection's window allows.");
        }

        // Credit at once: each stream's own window bounds what a slow reader makes us hold.
        int increment = _receiveWindow.Credit(flowControlledBytes);
        if (increment > 0)
        {
            Sender.QueueWindowUpdate(streamId: 0, increment);
        }

        Http2Stream? stream = _streams.Find(streamId);
        return stream is not null && stream.TryBeginData(flowControlledBytes) ? stream : null;
    }

    void IFrameHandler.EndData(IDataTarget? target, int paddingBytes, bool endStream) =>
        ((Http2Stream?)target)?.EndData(paddingBytes, endStream);

    void IFrameHandler.OnHeaders(int streamId, HeaderList headers, bool endStream) =>
        _streams.Find(streamId)?.OnHeaders(headers, endStream);

    void IFrameHandler.OnReset(int streamId, Http2ErrorCode code)
    {
        Http2Stream? stream = _streams.Find(streamId);
        if (stream is not null)
        {
            OnStreamEnded(stream);
            stream.Fail(StreamFailure.Reset(code));
        }
    }

    void IFrameHandler.OnSettings(ReadOnlySpan<byte> payload)
    {
        _streams.Apply(payload);
        Sender.QueueSettingsAck();
        _ready.TrySetResult();
    }

    void IFrameHandler.OnSettingsAck()
    {
        // Our settings only widen what the server may do anyway, so nothing waits for them.
    }

    void IFrameHandler.OnPing(ulong opaque, bool ack)
    {
        if (!ack)
        {
            Sender.QueuePing(opaque, ack: true);
        }
    }

    void IFrameHandler.OnGoAway(int lastStreamId, Http2ErrorCode code, string reason)
    {
        StreamFailure failure = StreamFailure.Unprocessed($"{_transport.Peer} closes the connection: {code} {reason}".TrimEnd());
        End(failure);
        foreach (Http2Stream stream in _streams.Drain(lastStreamId))
        {
            stream.Fail(failure);
        }

        CloseWhenEmpty();
    }

    void IFrameHandler.OnWindowUpdate(int streamId, int increment)
    {
        if (streamId == 0)
        {
            if (increment == 0 || !Sender.TryAddWindow(increment))
            {
                throw new Http2ProtocolException(
                    increment == 0 ? Http2ErrorCode.ProtocolError : Http2ErrorCode.FlowControlError,
                    $"A WINDOW_UPDATE of {increment} for the connection.");
            }

            return;
        }

        Http2Stream? stream = _streams.Find(streamId);
        if (stream is not null && (increment == 0 || !stream.TryAddSendWindow(increment)))
        {
            FailStream(
                stream,
                increment == 0 ? Http2ErrorCode.ProtocolError : Http2ErrorCode.FlowControlError,
                $"A WINDOW_UPDATE of {increment} for a stream.");
        }
    }

    private void FailStream(Http2Stream stream, Http2ErrorCode code, string message)
    {
        // Closed first, so that no DATA can follow the RST_STREAM.
        stream.Fail(StreamFailure.Lost(message, null, code));
        OnStreamReset(stream, code);
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                int bytes = await _transport.ReceiveAsync(_parser.GetMemory()).ConfigureAwait(false);
                if (bytes == 0)
                {
                    Abort($"{_transport.Peer} closed the connection.");
                    return;
                }

                _keepAlive.OnReceived();
                _parser.Advance(bytes);
            }
        }
        catch (Http2ProtocolException exception)
        {
            Sender.QueueGoAway(exception.Code);
            Abort($"{_transport.Peer} broke the HTTP/2 protocol: {exception.Message}", exception, exception.Code);
        }
        catch (IOException exception)
        {
            Abort($"The connection to {_transport.Peer} is lost: {exception.Message}", exception);
        }
        catch (Exception exception)
        {
            Abort("A bug ended the connection.", exception, Http2ErrorCode.InternalError);
            throw;
        }
        finally
        {
            _parser.Abandon();
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await Sender.RunAsync().ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            Abort($"The connection to {_transport.Peer} is lost: {exception.Message}", exception);
        }
        catch (Exception exception)
        {
            Abort("A bug ended the connection.", exception, Http2ErrorCode.InternalError);
            throw;
        }
    }

    private void End(StreamFailure failure)
    {
        Interlocked.CompareExchange(ref _end, failure, null);
        _streams.Drain(lastStreamId: int.MaxValue);
        FailOpening();
    }

    private void FailOpening()
    {
        StreamFailure? end = Volatile.Read(ref _end);
        Invariant.Check(end is not null);
        foreach (Http2Stream stream in Sender.TakeOpening())
        {
            stream.OnNotOpened(end);
        }
    }

    private void OnRemoved()
    {
        Sender.OnRoom();
        CloseWhenEmpty();
    }

    private void CloseWhenEmpty()
    {
        if (!IsOpen && _streams.Count == 0)
        {
            Sender.QueueGoAway(Http2ErrorCode.NoError);
            Abort("The connection is closed.");
        }
    }
}
