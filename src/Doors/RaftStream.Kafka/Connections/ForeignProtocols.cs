using System.Buffers.Binary;

namespace RaftStream.Kafka.Connections;

/// <summary>Other protocols by their first four bytes, which would be a request's size: people mix up ports.</summary>
internal static class ForeignProtocols
{
    /// <summary>A sentence about what the client speaks; null when it may be Kafka's protocol.</summary>
    public static string? Recognize(int size)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, size);
        if (bytes[0] == 0x16 && bytes[1] == 0x03)
        {
            return "The client begins with a TLS handshake, but this listener serves cleartext: take a listener of protocol SSL, or switch TLS off in the client.";
        }

        return bytes.SequenceEqual("GET "u8) || bytes.SequenceEqual("POST"u8) || bytes.SequenceEqual("HEAD"u8) || bytes.SequenceEqual("PUT "u8)
            || bytes.SequenceEqual("PRI "u8)
            ? "The client speaks HTTP or gRPC, but this is a Kafka listener: take http.port or grpc.port."
            : null;
    }
}
