using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using RaftStream.Kafka.Protocol;
using RaftStream.Model;

namespace RaftStream.Benchmarks.Doors;

/// <summary>A blocking connection that costs its process little more than the system calls.</summary>
/// <remarks>One owner.</remarks>
internal sealed class KafkaSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _received = new byte[64 << 10];

    /// <param name="endpoint">host:port.</param>
    public KafkaSocket(string endpoint) => _socket.Connect(IPEndPoint.Parse(endpoint));

    /// <summary>A whole request.</summary>
    public static byte[] Encode(IKafkaMessage request, short version)
    {
        var bytes = new ArrayBufferWriter<byte>();
        KafkaFrame.WriteRequest(bytes, request, new RequestHeader((short)request.Api, version, 1, "bench"));
        return bytes.WrittenSpan.ToArray();
    }

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_socket.Send(bytes)..];
        }
    }

    /// <summary>Takes the next answer; what it borrows stays valid until the next call.</summary>
    public void Receive(IKafkaMessage response, short version)
    {
        int size = BinaryPrimitives.ReadInt32BigEndian(ReceiveExactly(sizeof(int)).Span);
        var reader = new KafkaReader(new ReadOnlySequence<byte>(ReceiveExactly(size)));
        KafkaFrame.ReadResponseHeader(ref reader, response.Api, version);
        response.Read(ref reader, version);
    }

    /// <summary>Takes so many bytes.</summary>
    public ReadOnlyMemory<byte> ReceiveExactly(int count)
    {
        if (_received.Length < count)
        {
            _received = new byte[count + (count / 4)];
        }

        for (int at = 0; at < count;)
        {
            int received = _socket.Receive(_received.AsSpan(at, count - at));
            Invariant.Check(received > 0);
            at += received;
        }

        return _received.AsMemory(0, count);
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
