using System.Buffers;
using System.Buffers.Binary;

namespace RaftStream.Rpc.Http2.Frames;

/// <summary>Writes the frames that stand on their own; DATA and HEADERS are laid out by the sender.</summary>
internal static class FrameWriter
{
    /// <summary>What a client says first, before its SETTINGS (RFC 9113 §3.4).</summary>
    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Bytes of one setting.</summary>
    public const int SettingSize = 6;

    /// <summary>Our settings (§6.5).</summary>
    public static void WriteSettings(IBufferWriter<byte> output, params ReadOnlySpan<(SettingId Id, int Value)> settings)
    {
        Span<byte> payload = Begin(output, FrameType.Settings, FrameFlags.None, 0, settings.Length * SettingSize);
        foreach ((SettingId id, int value) in settings)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)id);
            BinaryPrimitives.WriteInt32BigEndian(payload[2..], value);
            payload = payload[SettingSize..];
        }
    }

    /// <summary>We have applied the peer's settings.</summary>
    public static void WriteSettingsAck(IBufferWriter<byte> output) =>
        Begin(output, FrameType.Settings, FrameFlags.Ack, 0, 0);

    /// <summary>A ping with these eight bytes, or the answer to one (§6.7).</summary>
    public static void WritePing(IBufferWriter<byte> output, ulong opaque, bool ack) =>
        BinaryPrimitives.WriteUInt64BigEndian(
            Begin(output, FrameType.Ping, ack ? FrameFlags.Ack : FrameFlags.None, 0, sizeof(ulong)), opaque);

    /// <summary>Lets the peer send <paramref name="increment"/> bytes more; stream 0 is the connection (§6.9).</summary>
    public static void WriteWindowUpdate(IBufferWriter<byte> output, int streamId, int increment) =>
        BinaryPrimitives.WriteInt32BigEndian(
            Begin(output, FrameType.WindowUpdate, FrameFlags.None, streamId, sizeof(int)), increment);

    /// <summary>Ends a stream (§6.4).</summary>
    public static void WriteRstStream(IBufferWriter<byte> output, int streamId, Http2ErrorCode code) =>
        BinaryPrimitives.WriteUInt32BigEndian(
            Begin(output, FrameType.RstStream, FrameFlags.None, streamId, sizeof(uint)), (uint)code);

    /// <summary>Ends the connection; a client has processed no stream of the server's, so the last one is 0 (§6.8).</summary>
    public static void WriteGoAway(IBufferWriter<byte> output, Http2ErrorCode code)
    {
        Span<byte> payload = Begin(output, FrameType.GoAway, FrameFlags.None, 0, 2 * sizeof(uint));
        BinaryPrimitives.WriteInt32BigEndian(payload, 0);
        BinaryPrimitives.WriteUInt32BigEndian(payload[sizeof(uint)..], (uint)code);
    }

    private static Span<byte> Begin(IBufferWriter<byte> output, FrameType type, FrameFlags flags, int streamId, int length)
    {
        Span<byte> span = output.GetSpan(FrameHeader.Size + length)[..(FrameHeader.Size + length)];
        new FrameHeader(length, type, flags, streamId).Write(span);
        output.Advance(span.Length);
        return span[FrameHeader.Size..];
    }
}
