using System.Net.Sockets;

namespace RaftStream.Rpc.Http2.Transports;

/// <summary>A plain TCP connection: receives into any memory, sends vectors, allocates nothing per operation.</summary>
internal sealed class SocketTransport : Http2Transport
{
    private readonly Socket _socket;
    private readonly SocketOperation _receiving;
    private readonly SocketOperation _sending;

    /// <summary>Owns the connected <paramref name="socket"/> from now on.</summary>
    public SocketTransport(Socket socket, string peer)
    {
        _socket = socket;
        Peer = peer;
        _receiving = new SocketOperation(socket);
        _sending = new SocketOperation(socket);
    }

    /// <inheritdoc/>
    public override int CopyBytes => 4 * 1024;

    /// <inheritdoc/>
    public override string Peer { get; }

    /// <inheritdoc/>
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _receiving.ReceiveAsync(buffer);

    /// <inheritdoc/>
    public override ValueTask<int> SendAsync(List<ArraySegment<byte>> pieces) => _sending.SendAsync(pieces);

    /// <inheritdoc/>
    public override void Shutdown() => Shutdown(_socket);

    /// <inheritdoc/>
    public override void Dispose()
    {
        // Ends what is under way with an error; the operations themselves are left to the collector, since they may
        // still be about to complete.
        _socket.Dispose();
    }
}
