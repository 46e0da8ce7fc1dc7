using System.Buffers.Binary;

namespace RaftStream.Rpc.Http2.Frames;

/// <summary>What the server allows us (RFC 9113 §6.5.2); begins with the RFC's defaults.</summary>
internal sealed record PeerSettings
{
    /// <summary>Streams that may be open at a time; unlimited until the server says otherwise.</summary>
    public int MaxConcurrentStreams { get; private init; } = int.MaxValue;

    /// <summary>Window of a new stream, bytes.</summary>
    public int InitialWindowBytes { get; private init; } = FlowControl.DefaultWindowBytes;

    /// <summary>Largest frame payload we may send, bytes.</summary>
    public int MaxFrameBytes { get; private init; } = FrameHeader.DefaultMaxLength;

    /// <summary>Largest header list the server will read, as <see cref="Hpack.HeaderField.SizeInBytes"/> counts; advice.</summary>
    public uint MaxHeaderListBytes { get; private init; } = uint.MaxValue;

    /// <summary>These settings with the changes of one SETTINGS frame, in order.</summary>
    /// <exception cref="Http2ProtocolException">A value that the RFC forbids.</exception>
    public PeerSettings With(ReadOnlySpan<byte> payload)
    {
        PeerSettings settings = this;
        for (; payload.Length >= FrameWriter.SettingSize; payload = payload[FrameWriter.SettingSize..])
        {
            var id = (SettingId)BinaryPrimitives.ReadUInt16BigEndian(payload);
            settings = settings.With(id, BinaryPrimitives.ReadUInt32BigEndian(payload[2..]));
        }

        return settings;
    }

    private PeerSettings With(SettingId id, uint value) => id switch
    {
        SettingId.MaxConcurrentStreams => this with { MaxConcurrentStreams = (int)Math.Min(value, int.MaxValue) },
        SettingId.InitialWindowSize when value > FlowControl.MaxWindowBytes => throw new Http2ProtocolException(
            Http2ErrorCode.FlowControlError, $"SETTINGS_INITIAL_WINDOW_SIZE of {value} is above 2^31-1."),
        SettingId.InitialWindowSize => this with { InitialWindowBytes = (int)value },
        SettingId.MaxFrameSize when value is < FrameHeader.DefaultMaxLength or > FrameHeader.MaxMaxLength =>
            throw new Http2ProtocolException(Http2ErrorCode.ProtocolError, $"SETTINGS_MAX_FRAME_SIZE of {value} is out of range."),
        SettingId.MaxFrameSize => this with { MaxFrameBytes = (int)value },
        SettingId.EnablePush when value != 0 => throw new Http2ProtocolException(
            Http2ErrorCode.ProtocolError, "A server may not enable push."),
        SettingId.MaxHeaderListSize => this with { MaxHeaderListBytes = value },
        _ => this, // our encoder keeps no table, and unknown settings are ignored
    };
}
