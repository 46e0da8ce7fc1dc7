using System.Collections.Frozen;
using Grpc.Core;

namespace RaftStream.Rpc.Wire;

/// <summary>Metadata as header fields: text as it is, bytes of <c>-bin</c> keys as base64.</summary>
internal static class MetadataCodec
{
    // Headers of HTTP/2 and of gRPC itself; everything else belongs to the application.
    private static readonly FrozenSet<string> Protocol = new[]
    {
        "content-type", "content-length", "te", "host", "connection", "transfer-encoding", "keep-alive", "proxy-connection", "upgrade",
        GrpcHeaders.Timeout, GrpcHeaders.Encoding, GrpcHeaders.AcceptEncoding, GrpcHeaders.Status, GrpcHeaders.Message,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>True for names that never show up in <see cref="Metadata"/>: pseudo headers and those of the protocol.</summary>
    public static bool IsProtocolHeader(string name) => name.StartsWith(':') || Protocol.Contains(name);

    /// <summary>The value to send for an entry. Base64 goes without padding, as the protocol asks.</summary>
    /// <exception cref="ArgumentException">The key belongs to the protocol.</exception>
    public static string Encode(Metadata.Entry entry)
    {
        if (IsProtocolHeader(entry.Key))
        {
            throw new ArgumentException($"The metadata key \"{entry.Key}\" belongs to the protocol.", nameof(entry));
        }

        return entry.IsBinary ? Convert.ToBase64String(entry.Bytes).TrimEnd('=') : entry.Value;
    }

    /// <summary>Adds a received header to <paramref name="metadata"/>, unless it belongs to the protocol.</summary>
    /// <param name="name">In any case.</param>
    /// <exception cref="RpcException">Internal: the value of a <c>-bin</c> key is not base64.</exception>
    public static void Decode(Metadata metadata, string name, string value)
    {
        if (IsProtocolHeader(name))
        {
            return;
        }

#pragma warning disable CA1308 // header names of HTTP/2 are in lower case
        string key = name.ToLowerInvariant();
#pragma warning restore CA1308
        if (!key.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.Ordinal))
        {
            metadata.Add(Metadata.Entry.Received(key, value));
            return;
        }

        // Several binary values of one key may have been joined by commas on the way.
        foreach (Range range in value.AsSpan().Split(','))
        {
            metadata.Add(Metadata.Entry.Received(key, FromBase64(key, value.AsSpan(range).Trim())));
        }
    }

    private static byte[] FromBase64(string key, ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> unpadded = text.TrimEnd('=');
        char[] padded = new char[(unpadded.Length + 3) / 4 * 4];
        unpadded.CopyTo(padded);
        padded.AsSpan(unpadded.Length).Fill('=');
        byte[] bytes = new byte[padded.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(padded, bytes, out int length))
        {
            throw new RpcException(new Status(StatusCode.Internal, $"The value of the metadata key \"{key}\" is not base64."));
        }

        return bytes.Length == length ? bytes : bytes[..length];
    }
}
