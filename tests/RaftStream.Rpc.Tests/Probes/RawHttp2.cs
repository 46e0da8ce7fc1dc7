using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RaftStream.Rpc.Tests.Probes;

/// <summary>A client that speaks HTTP/2 in bare frames, waits by blocking and allocates nothing per message.</summary>
/// <remarks>It opens all windows at the start. Headers go without compression.</remarks>
internal sealed class RawHttp2 : IDisposable
{
    public const byte EndStream = 1;

    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte RstStream = 3;
    private const byte Settings = 4;
    private const byte WindowUpdate = 8;
    private const byte GoAway = 7;
    private const byte EndHeaders = 4;
    private const int Patience = 30_000;
    private const int FrameHeaderBytes = 9;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _received = new byte[256 * 1024];
    private int _end;
    private int _start;

    public RawHttp2(IPEndPoint server)
    {
        _socket.ReceiveTimeout = Patience;
        _socket.Connect(server);
        _socket.Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        byte[] settings = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(settings, 4); // SETTINGS_INITIAL_WINDOW_SIZE
        BinaryPrimitives.WriteInt32BigEndian(settings.AsSpan(2), int.MaxValue);
        Send(Frame(Settings, 0, 0, settings));
        byte[] increment = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(increment, int.MaxValue - 65_535);
        Send(Frame(WindowUpdate, 0, 0, increment));
    }

    /// <summary>Bytes of DATA payload received on all streams.</summary>
    public long DataBytes { get; private set; }

    /// <summary>Streams that the server has ended in good order.</summary>
    public int EndedStreams { get; private set; }

    /// <summary>Streams that the server has reset, with the last error code.</summary>
    public int ResetStreams { get; private set; }

    public uint LastReset { get; private set; }

    /// <summary>The server takes no more streams on this connection.</summary>
    public bool GoneAway { get; private set; }

    public static byte[] HeadersFrame(int stream, string path, byte flags = 0)
    {
        using var block = new MemoryStream();
        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)
        [
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "raw"), ("content-type", "application/grpc"), ("te", "trailers"),
        ])
        {
            block.WriteByte(0); // literal without indexing, new name
            block.WriteByte((byte)name.Length);
            block.Write(Encoding.ASCII.GetBytes(name));
            block.WriteByte((byte)value.Length);
            block.Write(Encoding.ASCII.GetBytes(value));
        }

        return Frame(Headers, (byte)(flags | EndHeaders), stream, block.ToArray());
    }

    public static byte[] DataFrame(int stream, ReadOnlySpan<byte> payload, byte flags = 0) => Frame(Data, flags, stream, payload);

    /// <summary>A gRPC message of zeros in a DATA frame.</summary>
    public static byte[] MessageFrame(int stream, int messageBytes, byte flags = 0)
    {
        byte[] payload = new byte[5 + messageBytes];
        BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(1), messageBytes);
        return DataFrame(stream, payload, flags);
    }

    public static byte[] ResetFrame(int stream, int errorCode)
    {
        byte[] payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, errorCode);
        return Frame(RstStream, 0, stream, payload);
    }

    /// <summary>Makes a frame one of another stream, so that it can be sent again.</summary>
    public static void SetStream(Span<byte> frame, int stream) => BinaryPrimitives.WriteInt32BigEndian(frame[5..], stream);

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    /// <summary>Reads frames until the condition holds.</summary>
    public void ReadUntil(Func<RawHttp2, bool> condition)
    {
        while (!condition(this))
        {
            if (!TryTakeFrame())
            {
                _received.AsSpan(_start, _end - _start).CopyTo(_received);
                _end -= _start;
                _start = 0;
                int count = _socket.Receive(_received.AsSpan(_end));
                _end += count > 0 ? count : throw new IOException("The server closed the connection.");
            }
        }
    }

    /// <summary>True when the server says goodbye or closes the connection within this time.</summary>
    public bool EndsWithin(int milliseconds)
    {
        _socket.ReceiveTimeout = milliseconds;
        try
        {
            ReadUntil(http2 => http2.GoneAway);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        finally
        {
            _socket.ReceiveTimeout = Patience;
        }
    }

    public void Dispose() => _socket.Dispose();

    private static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[FrameHeaderBytes + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = type;
        frame[4] = flags;
        SetStream(frame, stream);
        payload.CopyTo(frame.AsSpan(FrameHeaderBytes));
        return frame;
    }

    private bool TryTakeFrame()
    {
        ReadOnlySpan<byte> held = _received.AsSpan(_start, _end - _start);
        if (held.Length < FrameHeaderBytes)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32BigEndian(held) >>> 8;
        if (held.Length < FrameHeaderBytes + length)
        {
            return false;
        }

        byte type = held[3];
        if (type == Data)
        {
            DataBytes += length;
        }

        if (type is Data or Headers && (held[4] & EndStream) != 0)
        {
            EndedStreams++;
        }

        GoneAway |= type == GoAway;
        if (type == RstStream)
        {
            ResetStreams++;
            LastReset = BinaryPrimitives.ReadUInt32BigEndian(held[FrameHeaderBytes..]);
        }

        _start += FrameHeaderBytes + length;
        return true;
    }
}
