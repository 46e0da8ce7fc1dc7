namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>A header block that RFC 7541 does not allow; the connection cannot go on (COMPRESSION_ERROR).</summary>
internal sealed class HpackException(string message) : Exception(message);
