namespace RaftStream.Rpc.Http2.Frames;

/// <summary>Kinds of frames (RFC 9113 §6); others are ignored.</summary>
internal enum FrameType : byte
{
    /// <summary>Bytes of a stream.</summary>
    Data = 0,

    /// <summary>Opens a stream, answers it, or ends it with trailers.</summary>
    Headers = 1,

    /// <summary>Deprecated; checked and ignored.</summary>
    Priority = 2,

    /// <summary>Ends a stream at once.</summary>
    RstStream = 3,

    /// <summary>What the sender allows the receiver.</summary>
    Settings = 4,

    /// <summary>Not allowed here: we switch push off.</summary>
    PushPromise = 5,

    /// <summary>Measures or keeps alive; answered with the same eight bytes.</summary>
    Ping = 6,

    /// <summary>No new streams on this connection.</summary>
    GoAway = 7,

    /// <summary>Allows the receiver to send more DATA.</summary>
    WindowUpdate = 8,

    /// <summary>The rest of a header block.</summary>
    Continuation = 9,
}
