using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Fetching;
using RaftStream.Kafka.Protocol;
using RaftStream.Storage;

namespace RaftStream.Kafka.Connections;

/// <summary>Writes answers to an output: small ones together, files in between. One user at a time.</summary>
/// <param name="unsent">Is told of the memory that encoded answers take.</param>
/// <param name="onMore">Called when that is much, and more than before.</param>
internal sealed class AnswerSender(AnswerOutput output, UnsentAnswers unsent, Action onMore, KafkaMetrics metrics) : IDisposable
{
    // Below this a call of its own for the file costs more than the copy.
    private const int CopiedAnswerBytes = 32 << 10;
    private const int GatheredBytes = 64 << 10;

    // What an answer with files is made of stays until it has left: about as many bytes for one as a request's elements have.
    private const int MadeOfBytesPerByte = 16;

    private readonly AnswerBuffer _buffer = new();
    private readonly FrameHoles _holes = new();
    private int _start;

    /// <summary>Encodes an answer behind those that wait for <see cref="FlushAsync"/>.</summary>
    /// <returns>True when all of it is in memory, and what it was made of is free; else call <see cref="SendPiecesAsync"/>.</returns>
    /// <exception cref="InvalidOperationException">The answer cannot be said in the request's version: a bug.</exception>
    public bool Encode(Exchange exchange)
    {
        _start = _buffer.Count;
        _holes.Clear();
        KafkaFrame.WriteResponse(_buffer, exchange.Response, exchange.Header.ApiVersion, exchange.Header.CorrelationId, _holes);
        exchange.AnswerBytes = _buffer.Count - _start;
        bool isWhole = _holes.TotalLength <= CopiedAnswerBytes;
        if (isWhole && _holes.Count > 0)
        {
            metrics.FileBytes("copy", _holes.TotalLength);
            MakeWhole(_start);
        }

        if (unsent.SetEncoded(isWhole ? _buffer.Capacity : _buffer.Capacity + ((long)exchange.AnswerBytes * MadeOfBytesPerByte)))
        {
            onMore();
        }

        return isWhole;
    }

    /// <summary>Sends what is gathered, when it is enough for a call of its own.</summary>
    public ValueTask FlushFullAsync() => _buffer.Count >= GatheredBytes ? FlushAsync() : ValueTask.CompletedTask;

    /// <summary>Sends what is gathered.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask FlushAsync()
    {
        if (_buffer.Count > 0)
        {
            await output.SendAsync(_buffer.Slice(0, _buffer.Count)).ConfigureAwait(false);
            Clear();
        }
    }

    /// <summary>Sends what is gathered, with the files of the answer that was encoded last.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendPiecesAsync()
    {
        int at = 0;
        for (int i = 0; i < _holes.Count; i++)
        {
            FrameHole hole = _holes[i];
            await output.SendAsync(_buffer.Slice(at, _start + hole.Position)).ConfigureAwait(false);
            await output.SendFileAsync(SliceOf(hole)).ConfigureAwait(false);
            at = _start + hole.Position;
        }

        if (at < _buffer.Count)
        {
            await output.SendAsync(_buffer.Slice(at, _buffer.Count)).ConfigureAwait(false);
        }

        Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Clear();

    private void Clear()
    {
        _buffer.Clear();
        unsent.SetEncoded(0);
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
