using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using RaftStream.Kafka.Protocol;

namespace RaftStream.Kafka.Tests.Connections;

/// <summary>A client that can say anything, right or wrong.</summary>
internal sealed class WireClient : IAsyncDisposable
{
    private readonly TcpClient _connection;
    private readonly Stream _stream;

    private WireClient(TcpClient connection, Stream stream)
    {
        _connection = connection;
        _stream = stream;
    }

    public static async Task<WireClient> ConnectAsync(IPEndPoint endPoint, bool tls = false, int receiveBuffer = 0)
    {
        var connection = new TcpClient { NoDelay = true };
        if (receiveBuffer > 0)
        {
            connection.ReceiveBufferSize = receiveBuffer;
        }

        await connection.ConnectAsync(endPoint);
        Stream stream = connection.GetStream();
        if (tls)
        {
#pragma warning disable CA5359 // The certificate is made for the test and nobody's.
            var secure = new SslStream(stream, leaveInnerStreamOpen: false, (_, _, _, _) => true);
#pragma warning restore CA5359
            await secure.AuthenticateAsClientAsync("localhost");
            stream = secure;
        }

        var local = (IPEndPoint)connection.Client.LocalEndPoint!;
        return new WireClient(connection, stream) { Name = $"{local.Address.MapToIPv4()}:{local.Port}" };
    }

    /// <summary>A whole request.</summary>
    public static byte[] Encode(IKafkaMessage request, int version, int correlationId)
    {
        var bytes = new ArrayBufferWriter<byte>();
        KafkaFrame.WriteRequest(bytes, request, new RequestHeader((short)request.Api, (short)version, correlationId, "tests"));
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Its address, as the broker's log has it.</summary>
    public string Name { get; private init; } = "";

    public Task SendAsync(byte[] bytes) => _stream.WriteAsync(bytes).AsTask();

    public Task SendAsync(IKafkaMessage request, int version, int correlationId = 1) => SendAsync(Encode(request, version, correlationId));

    public async Task<TResponse> CallAsync<TResponse>(IKafkaMessage request, int version, int correlationId = 1)
        where TResponse : class, IKafkaMessage, new()
    {
        await SendAsync(request, version, correlationId);
        return await ReadAsync<TResponse>(version, correlationId);
    }

    /// <summary>The next answer, which must have this correlation id.</summary>
    public async Task<TResponse> ReadAsync<TResponse>(int version, int correlationId)
        where TResponse : class, IKafkaMessage, new()
    {
        byte[] frame = await ReadFrameAsync() ?? throw new IOException("The broker closed the connection.");
        var response = new TResponse();
        Decode(frame, response, (short)version, correlationId);
        return response;
    }

    /// <summary>The next answer without its size; null when the connection is closed.</summary>
    public async Task<byte[]?> ReadFrameAsync()
    {
        try
        {
            byte[] size = new byte[sizeof(int)];
            if (await _stream.ReadAtLeastAsync(size, size.Length, throwOnEndOfStream: false) < size.Length)
            {
                return null;
            }

            byte[] frame = new byte[BinaryPrimitives.ReadInt32BigEndian(size)];
            await _stream.ReadExactlyAsync(frame);
            return frame;
        }
        catch (IOException)
        {
            return null; // reset
        }
    }

    /// <summary>Ends the connection with a reset.</summary>
    public void Reset()
    {
        _connection.LingerState = new LingerOption(enable: true, seconds: 0);
        _connection.Close();
    }

    /// <summary>The client sends nothing more, and reads on.</summary>
    public void EndSending() => _connection.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Closes the socket, with nothing said in TLS.</summary>
    public ValueTask CutAsync()
    {
        _connection.Client.Close();
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _connection.Dispose();
    }

    private static void Decode(byte[] frame, IKafkaMessage response, short version, int correlationId)
    {
        var reader = new KafkaReader(new ReadOnlySequence<byte>(frame));
        Assert.Equal(correlationId, KafkaFrame.ReadResponseHeader(ref reader, response.Api, version));
        response.Read(ref reader, version);
        reader.CheckEnd(response.GetType().Name);
    }
}
