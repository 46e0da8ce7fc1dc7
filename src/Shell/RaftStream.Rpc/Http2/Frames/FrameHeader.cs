using System.Buffers.Binary;

namespace RaftStream.Rpc.Http2.Frames;

/// <summary>The nine bytes before each frame's payload (RFC 9113 §4.1).</summary>
/// <remarks>
/// <code>
/// +-----------------------------------------------+
/// |                 Length (24)                   |  of the payload alone
/// +---------------+---------------+---------------+
/// |   Type (8)    |   Flags (8)   |
/// +-+-------------+---------------+-------------------------------+
/// |R|                 Stream Identifier (31)                      |  0 is the connection
/// +=+=============================================================+
/// |                   Payload (0...)                            ...
/// +---------------------------------------------------------------+
/// </code>
/// </remarks>
internal readonly record struct FrameHeader(int Length, FrameType Type, FrameFlags Flags, int StreamId)
{
    /// <summary>Bytes of a frame header.</summary>
    public const int Size = 9;

    /// <summary>Largest payload that every peer takes, bytes; the value before SETTINGS say otherwise.</summary>
    public const int DefaultMaxLength = 16 * 1024;

    /// <summary>Largest payload that SETTINGS_MAX_FRAME_SIZE can allow, bytes.</summary>
    public const int MaxMaxLength = (1 << 24) - 1;

    /// <summary>Decodes the header at the front of <paramref name="bytes"/>, which holds at least <see cref="Size"/>.</summary>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes)
    {
        uint lengthAndType = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        uint streamId = BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]);
        return new FrameHeader(
            Length: (int)(lengthAndType >> 8),
            Type: (FrameType)(byte)lengthAndType,
            Flags: (FrameFlags)bytes[4],
            StreamId: (int)(streamId & 0x7FFF_FFFF));
    }

    /// <summary>Encodes into the first <see cref="Size"/> bytes of <paramref name="bytes"/>.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, ((uint)Length << 8) | (byte)Type);
        bytes[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes[5..], StreamId);
    }

    /// <summary>True when <paramref name="flag"/> is set.</summary>
    public bool Has(FrameFlags flag) => (Flags & flag) != 0;
}
