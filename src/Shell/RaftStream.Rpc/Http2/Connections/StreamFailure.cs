using RaftStream.Rpc.Http2.Frames;

namespace RaftStream.Rpc.Http2.Connections;

/// <summary>Why a stream ended before its END_STREAM.</summary>
/// <param name="Code">The peer's or our error code; <see cref="Http2ErrorCode.NoError"/> when the connection just went away.</param>
/// <param name="IsReset">True when the peer reset this very stream; false when the connection was lost.</param>
/// <param name="IsUnprocessed">True when the server surely did nothing for it, so that it may be sent again.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="Cause">What went wrong below, or null.</param>
internal sealed record StreamFailure(
    Http2ErrorCode Code, bool IsReset, bool IsUnprocessed, string Message, Exception? Cause)
{
    /// <summary>RST_STREAM came. Only a refused stream was surely not touched (RFC 9113 §8.7).</summary>
    public static StreamFailure Reset(Http2ErrorCode code) => new(
        code, IsReset: true, IsUnprocessed: code == Http2ErrorCode.RefusedStream, $"The server reset the stream: {code}.", null);

    /// <summary>The connection is gone.</summary>
    public static StreamFailure Lost(string message, Exception? cause, Http2ErrorCode code = Http2ErrorCode.NoError) =>
        new(code, IsReset: false, IsUnprocessed: false, message, cause);

    /// <summary>The connection goes away and the server has not looked at the stream (RFC 9113 §6.8).</summary>
    public static StreamFailure Unprocessed(string message, Exception? cause = null) =>
        new(Http2ErrorCode.NoError, IsReset: false, IsUnprocessed: true, message, cause);
}
