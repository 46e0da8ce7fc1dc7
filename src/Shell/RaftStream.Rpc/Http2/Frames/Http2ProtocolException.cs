namespace RaftStream.Rpc.Http2.Frames;

/// <summary>The peer broke a rule that ends the whole connection (RFC 9113 §5.4.1, a "connection error").</summary>
/// <remarks>Expected from a network: the connection answers GOAWAY with <see cref="Code"/> and its calls fail.</remarks>
internal sealed class Http2ProtocolException(Http2ErrorCode code, string message) : Exception(message)
{
    /// <summary>What GOAWAY tells the peer.</summary>
    public Http2ErrorCode Code { get; } = code;
}
