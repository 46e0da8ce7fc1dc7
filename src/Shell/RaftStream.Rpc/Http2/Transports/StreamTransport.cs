using System.Net.Sockets;

namespace RaftStream.Rpc.Http2.Transports;

/// <summary>A connection over a stream, such as TLS: everything to send is copied into one buffer.</summary>
internal sealed class StreamTransport(Stream stream, Socket socket, string peer) : Http2Transport
{
    /// <inheritdoc/>
    /// <remarks>Each write to a TLS stream is a record of its own, so pieces are never worth keeping apart.</remarks>
    public override int CopyBytes => int.MaxValue;

    /// <inheritdoc/>
    public override string Peer => peer;

    /// <inheritdoc/>
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            return await stream.ReadAsync(buffer).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ObjectDisposedException or InvalidOperationException)
        {
            throw new IOException("The connection was closed.", exception);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<int> SendAsync(List<ArraySegment<byte>> pieces)
    {
        try
        {
            int bytes = 0;
            foreach (ArraySegment<byte> piece in pieces)
            {
                await stream.WriteAsync(piece).ConfigureAwait(false);
                bytes += piece.Count;
            }

            await stream.FlushAsync().ConfigureAwait(false);
            return bytes;
        }
        catch (Exception exception) when (exception is ObjectDisposedException or InvalidOperationException)
        {
            throw new IOException("The connection was closed.", exception);
        }
    }

    /// <inheritdoc/>
    public override void Shutdown() => Shutdown(socket);

    /// <inheritdoc/>
    public override void Dispose() => stream.Dispose();
}
