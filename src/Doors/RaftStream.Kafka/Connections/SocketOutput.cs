using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using RaftStream.Storage;

namespace RaftStream.Kafka.Connections;

/// <summary>Straight to the socket, files by sendfile. For cleartext; nobody may write to the connection's pipe then.</summary>
/// <remarks>
/// When the socket is full the kernel's call says so and does not wait. The next piece is then read and sent the ordinary way, which
/// waits for room without a thread; after it sendfile goes on.
/// </remarks>
/// <param name="socket">The connection's.</param>
/// <param name="onProgress">Called when the peer has taken something.</param>
internal sealed class SocketOutput(Socket socket, KafkaMetrics metrics, Action onProgress) : AnswerOutput
{
    /// <summary>Bytes after which progress is told.</summary>
    private const int PieceBytes = 256 << 10;

    private const int WaitingPieceBytes = 4 << 10;
    private const int CopiedPieceBytes = 64 << 10;

    private bool _cannotSendFiles = !OperatingSystem.IsLinux();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int sent = await socket.SendAsync(bytes[..Math.Min(bytes.Length, PieceBytes)], SocketFlags.None).ConfigureAwait(false);
            bytes = bytes[sent..];
            onProgress();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendFileAsync(LogSlice slice)
    {
        int byKernel = 0;
        int at = 0;
        try
        {
            while (at < slice.Length)
            {
                int sent = _cannotSendFiles ? -1 : slice.SendTo(socket.SafeHandle, at);
                if (sent > 0)
                {
                    byKernel += sent;
                    at += sent;
                    onProgress();
                    continue;
                }

                _cannotSendFiles |= sent < 0;
                at += await CopyAsync(slice, at, sent < 0 ? CopiedPieceBytes : WaitingPieceBytes).ConfigureAwait(false);
            }
        }
        finally
        {
            metrics.FileBytes("sendfile", byKernel);
            metrics.FileBytes("copy", at - byKernel);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> CopyAsync(LogSlice slice, int at, int most)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            int copied = slice.CopyTo(piece.AsSpan(0, Math.Min(most, slice.Length - at)), at);
            await SendAsync(piece.AsMemory(0, copied)).ConfigureAwait(false);
            return copied;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
