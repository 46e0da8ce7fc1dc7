using RaftStream.Rpc.Http2.Frames;

namespace RaftStream.Rpc.Http2.Connections;

/// <summary>The open streams of a connection by number, and what the peer allows of them.</summary>
/// <remarks>
/// Opening a stream and changing the peer's initial window are atomic with each other: a stream gets either the new
/// window, or the old one and the difference (RFC 9113 §6.9.2). Thread-safe; calls streams' gates from within its own.
/// </remarks>
internal sealed class StreamTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Http2Stream> _open = [];
    private readonly List<Http2Stream> _scan = [];
    private int _nextId = 1;
    private bool _isDraining;

    /// <summary>What the server allows us.</summary>
    public PeerSettings Settings { get; private set; } = new();

    /// <summary>Streams open now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Streams that the peer allows besides the open ones; 0 or less when it is none.</summary>
    public int Room
    {
        get
        {
            lock (_lock)
            {
                return _isDraining ? 0 : Settings.MaxConcurrentStreams - _open.Count;
            }
        }
    }

    /// <summary>Gives a stream its number, if there is room.</summary>
    /// <returns>False when it was closed before, or the table drains; it is forgotten then.</returns>
    public bool TryOpen(Http2Stream stream)
    {
        lock (_lock)
        {
            if (_isDraining || !stream.TryOpen(_nextId, Settings.InitialWindowBytes))
            {
                return false;
            }

            _open.Add(_nextId, stream);
            _nextId += 2;
            _isDraining |= _nextId < 0; // the numbers are used up
            return true;
        }
    }

    /// <summary>The open stream with this number; null when it is closed.</summary>
    /// <exception cref="Http2ProtocolException">No such stream was ever opened.</exception>
    public Http2Stream? Find(int id)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(id, out Http2Stream? stream))
            {
                return stream;
            }

            return id < _nextId && (id & 1) == 1
                ? null
                : throw new Http2ProtocolException(Http2ErrorCode.ProtocolError, $"A frame for stream {id}, which was never opened.");
        }
    }

    /// <summary>The stream is closed. False when it was not open.</summary>
    public bool Remove(Http2Stream stream)
    {
        lock (_lock)
        {
            return _open.Remove(stream.Id);
        }
    }

    /// <summary>Carries out a SETTINGS frame; streams that may send more now are queued by themselves.</summary>
    /// <exception cref="Http2ProtocolException">A forbidden value, or a window beyond 2^31-1.</exception>
    public void Apply(ReadOnlySpan<byte> settings)
    {
        int difference;
        lock (_lock)
        {
            PeerSettings old = Settings;
            Settings = old.With(settings);
            difference = Settings.InitialWindowBytes - old.InitialWindowBytes;
            _scan.Clear();
            if (difference != 0)
            {
                _scan.AddRange(_open.Values);
            }
        }

        foreach (Http2Stream stream in _scan)
        {
            if (!stream.TryAddSendWindow(difference))
            {
                throw new Http2ProtocolException(
                    Http2ErrorCode.FlowControlError, "SETTINGS_INITIAL_WINDOW_SIZE pushes a stream's window above 2^31-1.");
            }
        }
    }

    /// <summary>Opens no more streams, and takes out those above <paramref name="lastStreamId"/>.</summary>
    public Http2Stream[] Drain(int lastStreamId)
    {
        lock (_lock)
        {
            _isDraining = true;
            Http2Stream[] removed = [.. _open.Values.Where(stream => stream.Id > lastStreamId)];
            foreach (Http2Stream stream in removed)
            {
                _open.Remove(stream.Id);
            }

            return removed;
        }
    }
}
