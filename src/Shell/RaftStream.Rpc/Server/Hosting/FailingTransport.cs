using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace RaftStream.Rpc.Server.Hosting;

/// <summary>A transport to which writing fails once its peer is gone, for what makes a stream of it.</summary>
/// <remarks>
/// A pipe says in the result of a flush that nobody takes its bytes any more, and drops them. Kestrel's streams over pipes, and so its TLS,
/// do not look at that result: above them everything that is written to a peer that is gone succeeds at once.
/// </remarks>
internal sealed class FailingTransport(IDuplexPipe transport) : IDuplexPipe
{
    /// <inheritdoc/>
    public PipeReader Input => transport.Input;

    /// <inheritdoc/>
    public PipeWriter Output { get; } = new Writer(transport.Output);

    private sealed class Writer(PipeWriter output) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => output.CanGetUnflushedBytes;

        public override long UnflushedBytes => output.UnflushedBytes;

        public override void Advance(int bytes) => output.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => output.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => output.GetSpan(sizeHint);

        public override void CancelPendingFlush() => output.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => output.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => output.CompleteAsync(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            CheckedAsync(output.FlushAsync(cancellationToken));

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
            CheckedAsync(output.WriteAsync(source, cancellationToken));

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private static async ValueTask<FlushResult> CheckedAsync(ValueTask<FlushResult> flush)
        {
            FlushResult flushed = await flush.ConfigureAwait(false);
            return flushed.IsCompleted ? throw new IOException("The peer is gone.") : flushed;
        }
    }
}
