using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using RaftStream.Storage;

namespace RaftStream.Kafka.Connections;

/// <summary>Through the connection's pipe: what TLS needs, since it must see all bytes.</summary>
/// <param name="output">The pipe; nobody else writes to it.</param>
/// <param name="onProgress">Called when the peer has taken something.</param>
internal sealed class PipeOutput(PipeWriter output, KafkaMetrics metrics, Action onProgress) : AnswerOutput
{
    private const int PieceBytes = 64 << 10;

    /// <summary>Bytes after which others get their turn when the peer takes them as fast as they come.</summary>
    private const int TurnBytes = 1 << 20;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at += PieceBytes)
        {
            Check(await output.WriteAsync(bytes.Slice(at, Math.Min(PieceBytes, bytes.Length - at))).ConfigureAwait(false));
            onProgress();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendFileAsync(LogSlice slice)
    {
        int at = 0;
        int endOfTurn = TurnBytes;
        try
        {
            while (at < slice.Length)
            {
                Memory<byte> memory = output.GetMemory();
                int copied = slice.CopyTo(memory.Span[..Math.Min(memory.Length, slice.Length - at)], at);
                output.Advance(copied);
                at += copied;
                Check(await output.FlushAsync().ConfigureAwait(false));
                onProgress();
                if (at >= endOfTurn)
                {
                    endOfTurn += TurnBytes;
                    await Task.Yield();
                }
            }
        }
        finally
        {
            metrics.FileBytes("copy", at);
        }
    }

    private static void Check(FlushResult flushed)
    {
        if (flushed.IsCompleted || flushed.IsCanceled)
        {
            throw new IOException("The client does not read any more.");
        }
    }
}
