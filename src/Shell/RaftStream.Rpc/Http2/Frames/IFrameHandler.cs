using RaftStream.Rpc.Http2.Hpack;

namespace RaftStream.Rpc.Http2.Frames;

/// <summary>What a <see cref="FrameParser"/> found; called in the order of the frames, by the reader's one loop.</summary>
/// <remarks>Each method may throw <see cref="Http2ProtocolException"/>, which ends the connection.</remarks>
internal interface IFrameHandler
{
    /// <summary>A DATA frame begins.</summary>
    /// <param name="flowControlledBytes">The whole payload with its padding: what counts against the windows.</param>
    /// <returns>Where the bytes go; null drops them.</returns>
    IDataTarget? BeginData(int streamId, int flowControlledBytes);

    /// <summary>All bytes of the DATA frame have been handed over.</summary>
    void EndData(IDataTarget? target, int paddingBytes, bool endStream);

    /// <summary>A header block is complete. The list is reused: read it before returning.</summary>
    void OnHeaders(int streamId, HeaderList headers, bool endStream);

    /// <summary>RST_STREAM.</summary>
    void OnReset(int streamId, Http2ErrorCode code);

    /// <summary>SETTINGS; the payload is a whole number of settings.</summary>
    void OnSettings(ReadOnlySpan<byte> payload);

    /// <summary>Our settings are in force at the peer.</summary>
    void OnSettingsAck();

    /// <summary>PING, or the answer to ours.</summary>
    void OnPing(ulong opaque, bool ack);

    /// <summary>GOAWAY; <paramref name="reason"/> is the peer's debug text, cut to a readable length.</summary>
    void OnGoAway(int lastStreamId, Http2ErrorCode code, string reason);

    /// <summary>WINDOW_UPDATE; stream 0 is the connection. The increment may be a forbidden 0.</summary>
    void OnWindowUpdate(int streamId, int increment);
}

/// <summary>Takes the payload of one DATA frame, piece by piece.</summary>
internal interface IDataTarget
{
    /// <summary>Copies bytes out of the read buffer.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Memory that the socket may fill directly, at most <paramref name="maxBytes"/>; empty when the target
    /// has none to offer now. Valid until <see cref="Advance"/>.</summary>
    Memory<byte> GetMemory(int maxBytes);

    /// <summary>The first <paramref name="bytes"/> of the memory are filled.</summary>
    void Advance(int bytes);
}
