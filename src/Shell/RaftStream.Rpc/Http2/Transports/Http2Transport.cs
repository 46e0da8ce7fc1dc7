using System.Net.Sockets;

namespace RaftStream.Rpc.Http2.Transports;

/// <summary>The bytes below a connection: a socket, or TLS over one.</summary>
/// <remarks>One receive and one send at a time, which may overlap.</remarks>
internal abstract class Http2Transport : IDisposable
{
    /// <summary><see cref="Shutdown()"/> of a socket that may be gone already.</summary>
    protected static void Shutdown(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was faster; there is nothing left to shut down.
        }
    }

    /// <summary>Payload pieces up to this size are better copied into one buffer than sent from where they lie.</summary>
    public abstract int CopyBytes { get; }

    /// <summary>The peer's address, for messages to people.</summary>
    public abstract string Peer { get; }

    /// <summary>Waits for bytes.</summary>
    /// <returns>How many; 0 is the orderly end of the connection.</returns>
    /// <exception cref="IOException">The connection is lost.</exception>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends all pieces in order; their memory is free when it completes, also when it fails.</summary>
    /// <returns>Bytes sent: all of them.</returns>
    /// <exception cref="IOException">The connection is lost.</exception>
    public abstract ValueTask<int> SendAsync(List<ArraySegment<byte>> pieces);

    /// <summary>
    /// Ends both directions in order, after the last send: the peer gets what was sent, and a receive that waits answers 0.
    /// </summary>
    public abstract void Shutdown();

    /// <summary>Closes the connection at once: what is under way fails. Safe to call at any time and more than once.</summary>
    public abstract void Dispose();
}
