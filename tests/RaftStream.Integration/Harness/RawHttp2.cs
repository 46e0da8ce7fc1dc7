using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Google.Protobuf;

namespace RaftStream.Integration.Harness;

/// <summary>HTTP/2 by hand, for connections that no decent client would make. Nothing is read unless asked.</summary>
internal sealed class RawHttp2 : IDisposable
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Settings = 4;
    private const byte WindowUpdate = 8;
    private const byte EndStream = 1;
    private const byte EndHeaders = 4;
    private const int LargestWindow = int.MaxValue;
    private const int DefaultWindow = 65_535;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Connects; says nothing yet.</summary>
    public static async Task<RawHttp2> ConnectAsync(int port)
    {
        var connection = new RawHttp2();
        await connection._socket.ConnectAsync(IPAddress.Loopback, port);
        return connection;
    }

    /// <summary>The preface and settings with windows of 2 GiB: the server may send for ever.</summary>
    public async Task HandshakeAsync()
    {
        byte[] settings = new byte[6];
        BinaryPrimitives.WriteUInt16BigEndian(settings, 4); // SETTINGS_INITIAL_WINDOW_SIZE
        BinaryPrimitives.WriteUInt32BigEndian(settings.AsSpan(2), LargestWindow);
        byte[] window = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(window, LargestWindow - DefaultWindow);
        await SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await SendAsync(Frame(Settings, 0, 0, settings));
        await SendAsync(Frame(WindowUpdate, 0, 0, window));
    }

    /// <summary>Begins a gRPC call and sends its one request message, or the <paramref name="bytes"/> of it that are given.</summary>
    public async Task CallAsync(int stream, string path, IMessage message, int? bytes = null)
    {
        byte[] body = message.ToByteArray();
        byte[] framed = new byte[5 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), body.Length);
        body.CopyTo(framed, 5);
        await SendAsync(Frame(Headers, EndHeaders, stream, HeaderBlock(path)));
        await SendAsync(Frame(Data, EndStream, stream, framed[..(bytes ?? framed.Length)]));
    }

    /// <summary>Anything.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _socket.SendAsync(bytes);

    /// <summary>Reads until the server closes the connection.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var patience = new CancellationTokenSource(Eventually.Patience);
        using var all = new MemoryStream();
        byte[] buffer = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(buffer, patience.Token) is > 0 and var count)
            {
                all.Write(buffer, 0, count);
            }
        }
        catch (SocketException)
        {
            // A reset is an end too.
        }

        return all.ToArray();
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Length, type, flags, stream, payload (RFC 9113, 4.1).</summary>
    public static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    // Each header literally, without indexing and without Huffman (RFC 7541, 6.2.2).
    private static byte[] HeaderBlock(string path)
    {
        using var block = new MemoryStream();
        foreach ((string name, string value) in new[]
        {
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost"),
            ("content-type", "application/grpc"), ("te", "trailers"),
        })
        {
            block.WriteByte(0);
            block.WriteByte((byte)name.Length);
            block.Write(Encoding.ASCII.GetBytes(name));
            block.WriteByte((byte)value.Length);
            block.Write(Encoding.ASCII.GetBytes(value));
        }

        return block.ToArray();
    }
}
