namespace RaftStream.Rpc.Http2.Frames;

/// <summary>Flags of a frame; the same bit means different things on different types (RFC 9113 §6).</summary>
[Flags]
internal enum FrameFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>SETTINGS, PING: this is the answer.</summary>
    Ack = 0x1,

    /// <summary>DATA, HEADERS: the sender's last frame of the stream.</summary>
    EndStream = Ack,

    /// <summary>HEADERS, CONTINUATION: no CONTINUATION follows.</summary>
    EndHeaders = 0x4,

    /// <summary>DATA, HEADERS: begins with the length of the padding at the end.</summary>
    Padded = 0x8,

    /// <summary>HEADERS: five bytes of deprecated priority come first.</summary>
    Priority = 0x20,
}
