using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Fetching;
using RaftStream.Kafka.Protocol;
using RaftStream.Storage;

namespace RaftStream.Kafka.Connections;

/// <summary>Writes answers to an output: small ones together, files in between. One user at a time.</summary>
internal sealed class AnswerSender(AnswerOutput output, KafkaMetrics metrics) : IDisposable
{
    // Below this a call of its own for the file costs more than the copy.
    private const int CopiedAnswerBytes = 32 << 10;
    private const int GatheredBytes = 64 << 10;

    private readonly AnswerBuffer _buffer = new();
    private readonly FrameHoles _holes = new();

    /// <summary>Writes an answer; it may leave with <see cref="FlushAsync"/> only.</summary>
    /// <exception cref="InvalidOperationException">The answer cannot be said in the request's version: a bug.</exception>
    public ValueTask WriteAsync(Exchange exchange)
    {
        int start = _buffer.Count;
        _holes.Clear();
        KafkaFrame.WriteResponse(_buffer, exchange.Response, exchange.Header.ApiVersion, exchange.Header.CorrelationId, _holes);
        exchange.AnswerBytes = _buffer.Count - start;
        if (_holes.Count > 0)
        {
            return FillAsync(start);
        }

        return _buffer.Count >= GatheredBytes ? FlushAsync() : ValueTask.CompletedTask;
    }

    /// <summary>Sends what is gathered.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask FlushAsync()
    {
        if (_buffer.Count > 0)
        {
            await output.SendAsync(_buffer.Slice(0, _buffer.Count)).ConfigureAwait(false);
            _buffer.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private ValueTask FillAsync(int start)
    {
        if (_holes.TotalLength > CopiedAnswerBytes)
        {
            return SendPiecesAsync(start);
        }

        metrics.FileBytes("copy", _holes.TotalLength);
        MakeWhole(start);
        return ValueTask.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendPiecesAsync(int start)
    {
        int at = 0;
        long byKernel = 0;
        for (int i = 0; i < _holes.Count; i++)
        {
            FrameHole hole = _holes[i];
            await output.SendAsync(_buffer.Slice(at, start + hole.Position)).ConfigureAwait(false);
            byKernel += await output.SendFileAsync(SliceOf(hole)).ConfigureAwait(false);
            at = start + hole.Position;
        }

        if (at < _buffer.Count)
        {
            await output.SendAsync(_buffer.Slice(at, _buffer.Count)).ConfigureAwait(false);
        }

        _buffer.Clear();
        metrics.FileBytes("sendfile", byKernel);
        metrics.FileBytes("copy", _holes.TotalLength - byKernel);
    }

    /// <summary>Moves what is behind each hole out of its way, the last one first, and reads the file into it.</summary>
    private void MakeWhole(int start)
    {
        int end = _buffer.Count;
        int missing = (int)_holes.TotalLength;
        _buffer.GetSpan(missing);
        _buffer.Advance(missing);
        Span<byte> frame = MemoryMarshal.AsMemory(_buffer.Slice(start, _buffer.Count)).Span;
        int tailEnd = end - start;
        for (int i = _holes.Count - 1; i >= 0; i--)
        {
            FrameHole hole = _holes[i];
            frame[hole.Position..tailEnd].CopyTo(frame[(hole.Position + missing)..]);
            missing -= hole.Length;
            SliceOf(hole).CopyTo(frame.Slice(hole.Position + missing, hole.Length), 0);
            tailEnd = hole.Position;
        }
    }

    private static LogSlice SliceOf(in FrameHole hole) => ((SliceSource)hole.Source).Slice;
}
