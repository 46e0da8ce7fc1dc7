using System.Buffers.Binary;
using System.Text;
using RaftStream.Rpc.Http2.Hpack;

namespace RaftStream.Rpc.Http2.Frames;

/// <summary>Cuts the bytes of a server into frames. A machine without I/O: ask it where bytes should go, fill, advance.</summary>
/// <remarks>
/// Small frames go through the read buffer. When a large piece of a DATA frame is outstanding and the buffer is empty,
/// <see cref="GetMemory"/> offers the stream's own memory instead, so that those bytes are copied once, by the kernel.
/// </remarks>
internal sealed class FrameParser
{
    // A read of a few bytes costs a system call like a large one; below this a copy is cheaper than a call of its own.
    private const int DirectBytes = 32 * 1024;

    // After a direct read the next thing is a frame header; reading far past it would copy what could go direct.
    private const int PeekBytes = 4 * 1024;
    private const int MaxReasonBytes = 1024;

    private readonly IFrameHandler _handler;
    private readonly HeaderBlockReader _headers;
    private readonly byte[] _buffer;
    private readonly int _maxFrameBytes;
    private int _start;
    private int _end;
    private bool _direct;
    private bool _afterDirect;
    private bool _settled;

    // The DATA (or skipped) frame whose payload is passing through.
    private bool _inPayload;
    private bool _isData;
    private bool _endStream;
    private int _payloadLeft;
    private int _paddingLeft;
    private int _paddingBytes;
    private IDataTarget? _target;

    public FrameParser(IFrameHandler handler, FrameLimits limits)
    {
        _handler = handler;
        _maxFrameBytes = limits.MaxFrameBytes;
        _headers = new HeaderBlockReader(limits);
        _buffer = GC.AllocateUninitializedArray<byte>(limits.ReadBufferBytes, pinned: true);
    }

    /// <summary>Where the next bytes of the connection go; never empty.</summary>
    public Memory<byte> GetMemory()
    {
        if (_start == _end)
        {
            _start = _end = 0;
            if (_target is not null && _payloadLeft >= DirectBytes)
            {
                Memory<byte> memory = _target.GetMemory(_payloadLeft);
                if (memory.Length >= DirectBytes)
                {
                    _direct = true;
                    return memory;
                }
            }

            bool peek = _afterDirect;
            _afterDirect = false;
            return _buffer.AsMemory(0, peek ? Math.Min(PeekBytes, _buffer.Length) : _buffer.Length);
        }

        if (_start > 0)
        {
            // Less than one frame is left over, and what is unfinished is small or about to be read in one go.
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>The first <paramref name="bytes"/> of <see cref="GetMemory"/> are filled; hands on what is complete.</summary>
    /// <exception cref="Http2ProtocolException">The connection has to end.</exception>
    public void Advance(int bytes)
    {
        if (_direct)
        {
            _direct = false;
            _afterDirect = true;
            _target!.Advance(bytes);
            _payloadLeft -= bytes;
        }
        else
        {
            _end += bytes;
        }

        while (_inPayload ? PassPayload() : TryReadFrame())
        {
        }
    }

    /// <summary>No more bytes come: a DATA frame that is half through is over for its stream.</summary>
    public void Abandon()
    {
        if (_inPayload && _isData)
        {
            _inPayload = false;
            IDataTarget? target = _target;
            _target = null;
            _handler.EndData(target, paddingBytes: 0, endStream: false);
        }
    }

    // Hands on what the buffer has of the current payload. True when the frame is through.
    private bool PassPayload()
    {
        int payload = Math.Min(_payloadLeft, _end - _start);
        if (payload > 0)
        {
            _target?.Append(_buffer.AsSpan(_start, payload));
            _start += payload;
            _payloadLeft -= payload;
        }

        if (_payloadLeft > 0)
        {
            return false;
        }

        int padding = Math.Min(_paddingLeft, _end - _start);
        _start += padding;
        _paddingLeft -= padding;
        if (_paddingLeft > 0)
        {
            return false;
        }

        _inPayload = false;
        if (_isData)
        {
            IDataTarget? target = _target;
            _target = null;
            _handler.EndData(target, _paddingBytes, _endStream);
        }

        return true;
    }

    // Takes one frame off the front of the buffer. False when more bytes are needed; nothing is changed then.
    private bool TryReadFrame()
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start, _end - _start);
        if (bytes.Length < FrameHeader.Size)
        {
            return false;
        }

        FrameHeader frame = FrameHeader.Read(bytes);
        CheckOrder(frame, bytes);
        if (frame.Length > _maxFrameBytes)
        {
            throw new Http2ProtocolException(
                Http2ErrorCode.FrameSizeError, $"A {frame.Type} frame of {frame.Length} bytes is above our limit of {_maxFrameBytes}.");
        }

        if (frame.Type == FrameType.Data)
        {
            return TryBeginData(frame, bytes[FrameHeader.Size..]);
        }

        if (frame.Type > FrameType.Continuation)
        {
            BeginPayload(data: false, frame.Length);
            _start += FrameHeader.Size;
            return true;
        }

        if (frame.Length > _buffer.Length - FrameHeader.Size)
        {
            throw new Http2ProtocolException(
                Http2ErrorCode.EnhanceYourCalm, $"A {frame.Type} frame of {frame.Length} bytes is too large for us.");
        }

        if (bytes.Length < FrameHeader.Size + frame.Length)
        {
            return false;
        }

        _start += FrameHeader.Size + frame.Length;
        Dispatch(frame, bytes.Slice(FrameHeader.Size, frame.Length));
        return true;
    }

    private void CheckOrder(FrameHeader frame, ReadOnlySpan<byte> bytes)
    {
        if (!_settled)
        {
            if (frame.Type != FrameType.Settings || frame.Has(FrameFlags.Ack))
            {
                throw new Http2ProtocolException(Http2ErrorCode.ProtocolError, bytes.StartsWith("HTTP/1."u8)
                    ? "The server speaks HTTP/1, not HTTP/2."
                    : "The server does not speak HTTP/2: its first frame is not SETTINGS.");
            }

            _settled = true;
        }

        _headers.CheckOrder(frame);
    }

    private bool TryBeginData(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        Require(frame.StreamId != 0, Http2ErrorCode.ProtocolError, "DATA on stream 0.");
        int padding = 0;
        if (frame.Has(FrameFlags.Padded))
        {
            Require(frame.Length > 0, Http2ErrorCode.FrameSizeError, "A padded DATA frame without its padding length.");
            if (payload.IsEmpty)
            {
                return false;
            }

            padding = payload[0];
            Require(padding < frame.Length, Http2ErrorCode.ProtocolError, "A DATA frame is all padding and more.");
        }

        int lengthByte = frame.Has(FrameFlags.Padded) ? 1 : 0;
        _start += FrameHeader.Size + lengthByte;
        BeginPayload(data: true, frame.Length - lengthByte - padding);
        _paddingLeft = padding;
        _paddingBytes = padding + lengthByte;
        _endStream = frame.Has(FrameFlags.EndStream);
        _target = _handler.BeginData(frame.StreamId, frame.Length);
        return true;
    }

    private void BeginPayload(bool data, int length)
    {
        _inPayload = true;
        _isData = data;
        _payloadLeft = length;
        _paddingLeft = 0;
        _target = null;
    }

    private void Dispatch(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        switch (frame.Type)
        {
            case FrameType.Headers or FrameType.Continuation:
                HeaderList? headers = _headers.Read(frame, payload, out bool endStream);
                if (headers is not null)
                {
                    _handler.OnHeaders(frame.StreamId, headers, endStream);
                }

                break;
            case FrameType.Priority:
                RequireStream(frame, payload.Length == 5);
                break;
            case FrameType.RstStream:
                RequireStream(frame, payload.Length == sizeof(uint));
                _handler.OnReset(frame.StreamId, (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload));
                break;
            case FrameType.Settings:
                DispatchSettings(frame, payload);
                break;
            case FrameType.Ping:
                RequireConnection(frame, payload.Length == sizeof(ulong));
                _handler.OnPing(BinaryPrimitives.ReadUInt64BigEndian(payload), frame.Has(FrameFlags.Ack));
                break;
            case FrameType.GoAway:
                RequireConnection(frame, payload.Length >= 2 * sizeof(uint));
                _handler.OnGoAway(
                    (int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7FFF_FFFF),
                    (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload[4..]),
                    Encoding.UTF8.GetString(payload.Slice(8, Math.Min(MaxReasonBytes, payload.Length - 8))));
                break;
            case FrameType.WindowUpdate:
                Require(payload.Length == sizeof(uint), Http2ErrorCode.FrameSizeError, "A WINDOW_UPDATE frame of a wrong size.");
                _handler.OnWindowUpdate(
                    frame.StreamId, (int)(BinaryPrimitives.ReadUInt32BigEndian(payload) & 0x7FFF_FFFF));
                break;
            default:
                throw new Http2ProtocolException(Http2ErrorCode.ProtocolError, $"{frame.Type} from a server, although push is off.");
        }
    }

    private void DispatchSettings(FrameHeader frame, ReadOnlySpan<byte> payload)
    {
        bool ack = frame.Has(FrameFlags.Ack);
        RequireConnection(frame, ack ? payload.IsEmpty : payload.Length % FrameWriter.SettingSize == 0);
        if (ack)
        {
            _handler.OnSettingsAck();
        }
        else
        {
            _handler.OnSettings(payload);
        }
    }

    private static void RequireStream(FrameHeader frame, bool rightSize)
    {
        Require(frame.StreamId != 0, Http2ErrorCode.ProtocolError, $"{frame.Type} on stream 0.");
        Require(rightSize, Http2ErrorCode.FrameSizeError, $"A {frame.Type} frame of {frame.Length} bytes.");
    }

    private static void RequireConnection(FrameHeader frame, bool rightSize)
    {
        Require(frame.StreamId == 0, Http2ErrorCode.ProtocolError, $"{frame.Type} on stream {frame.StreamId}.");
        Require(rightSize, Http2ErrorCode.FrameSizeError, $"A {frame.Type} frame of {frame.Length} bytes.");
    }

    private static void Require(bool condition, Http2ErrorCode code, string message)
    {
        if (!condition)
        {
            throw new Http2ProtocolException(code, message);
        }
    }
}
