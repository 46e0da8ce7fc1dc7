namespace RaftStream.Rpc.Http2.Frames;

/// <summary>Why a stream or a connection ends (RFC 9113 §7). Values that the RFC does not name may arrive too.</summary>
public enum Http2ErrorCode : uint
{
    /// <summary>Not an error: a graceful end.</summary>
    NoError = 0x0,

    /// <summary>The peer broke the protocol in a way that has no name of its own.</summary>
    ProtocolError = 0x1,

    /// <summary>The sender has a fault of its own.</summary>
    InternalError = 0x2,

    /// <summary>More DATA than the window allowed, or a window beyond 2^31-1.</summary>
    FlowControlError = 0x3,

    /// <summary>SETTINGS were not acknowledged in time.</summary>
    SettingsTimeout = 0x4,

    /// <summary>A frame for a stream whose sender had already closed it.</summary>
    StreamClosed = 0x5,

    /// <summary>A frame of an impossible or too large size.</summary>
    FrameSizeError = 0x6,

    /// <summary>The stream was refused before any of it was processed: it may be sent again.</summary>
    RefusedStream = 0x7,

    /// <summary>The stream is no longer wanted.</summary>
    Cancel = 0x8,

    /// <summary>The header compression state cannot be kept.</summary>
    CompressionError = 0x9,

    /// <summary>A CONNECT tunnel broke.</summary>
    ConnectError = 0xa,

    /// <summary>The peer asks for more than the other is willing to do.</summary>
    EnhanceYourCalm = 0xb,

    /// <summary>The transport is not secure enough.</summary>
    InadequateSecurity = 0xc,

    /// <summary>The peer wants HTTP/1.1.</summary>
    Http11Required = 0xd,
}
