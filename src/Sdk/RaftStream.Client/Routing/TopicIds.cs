using Google.Protobuf;
using RaftStream.Model;

namespace RaftStream.Client.Routing;

/// <summary>Topic ids on the wire: 16 bytes of a big-endian UUID, or none.</summary>
internal static class TopicIds
{
    /// <summary>The id; <see cref="TopicId.None"/> when the bytes are none.</summary>
    public static TopicId FromWire(ByteString bytes) =>
        bytes.Length == 16 ? new TopicId(new Guid(bytes.Span, bigEndian: true)) : TopicId.None;

    /// <summary>The bytes of an id.</summary>
    public static ByteString ToWire(TopicId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        Invariant.Check(id.Value.TryWriteBytes(bytes, bigEndian: true, out _));
        return ByteString.CopyFrom(bytes);
    }
}
