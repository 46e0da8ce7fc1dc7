using System.Buffers;
using Grpc.Core;
using RaftStream.Rpc.Http2.Hpack;
using RaftStream.Rpc.Wire;

namespace RaftStream.Rpc.Http2.Calls;

/// <summary>The header list of a request. What is the same for all calls of a channel is encoded once.</summary>
internal sealed class RequestHeaders
{
    private readonly byte[] _beforePath;
    private readonly byte[] _afterPath;

    /// <param name="scheme"><c>http</c> or <c>https</c>.</param>
    /// <param name="authority">Host and port.</param>
    /// <param name="compress">Requests are compressed with gzip.</param>
    public RequestHeaders(string scheme, string authority, bool compress)
    {
        var before = new ArrayBufferWriter<byte>();
        HpackEncoder.Write(before, ":method", "POST");
        HpackEncoder.Write(before, ":scheme", scheme);
        HpackEncoder.Write(before, ":authority", authority);
        _beforePath = before.WrittenSpan.ToArray();

        var after = new ArrayBufferWriter<byte>();
        HpackEncoder.Write(after, GrpcHeaders.Te, GrpcHeaders.Trailers);
        HpackEncoder.Write(after, "content-type", GrpcHeaders.ContentType);
        HpackEncoder.Write(after, "user-agent", GrpcHeaders.UserAgent);
        HpackEncoder.Write(after, GrpcHeaders.AcceptEncoding, GrpcHeaders.AcceptedEncodings);
        if (compress)
        {
            HpackEncoder.Write(after, GrpcHeaders.Encoding, GrpcHeaders.Gzip);
        }

        _afterPath = after.WrittenSpan.ToArray();
    }

    /// <summary>Writes the list of one call.</summary>
    /// <param name="timeout">What is left of the deadline; null is no deadline.</param>
    /// <param name="encodedMetadata">From <see cref="EncodeMetadata"/>.</param>
    public void Write(IBufferWriter<byte> output, string path, TimeSpan? timeout, ReadOnlySpan<byte> encodedMetadata)
    {
        output.Write(_beforePath);
        HpackEncoder.Write(output, ":path", path);
        output.Write(_afterPath);
        if (timeout is { } left)
        {
            HpackEncoder.Write(output, GrpcHeaders.Timeout, GrpcTimeout.Format(left));
        }

        output.Write(encodedMetadata);
    }

    /// <summary>The caller's metadata, encoded while the caller can still hear of what is wrong with it.</summary>
    /// <exception cref="ArgumentException">A key belongs to the protocol.</exception>
    public static ReadOnlyMemory<byte> EncodeMetadata(Metadata? metadata)
    {
        if (metadata is null || metadata.Count == 0)
        {
            return default;
        }

        var output = new ArrayBufferWriter<byte>();
        foreach (Metadata.Entry entry in metadata)
        {
            bool secret = entry.Key is "authorization" or "cookie";
            HpackEncoder.Write(output, entry.Key, MetadataCodec.Encode(entry), secret);
        }

        return output.WrittenMemory;
    }
}
