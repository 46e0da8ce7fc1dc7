using System.Buffers;
using System.Threading.Channels;
using RaftStream.Client.Producing;

namespace RaftStream.Client.Consuming;

/// <summary>One piece of news on its way from a session to the reader: batches, a jump, a failure, or just the high watermark.</summary>
internal sealed class FetchedChunk
{
    private byte[] _buffer = [];
    private int _length;

    /// <summary>The stretch that it belongs to.</summary>
    public required FetchCursor Cursor { get; init; }

    /// <summary>Whole batches, one after another; possibly none.</summary>
    public ReadOnlyMemory<byte> Batches => _buffer.AsMemory(0, _length);

    /// <summary>The high watermark when it was read; -1 is not known.</summary>
    public long HighWatermark { get; init; } = -1;

    /// <summary>The position jumps here: the records in between are gone, or the log was cut. Null is no jump.</summary>
    public long? MovedTo { get; init; }

    /// <summary>The stretch ends here; null is that it does not.</summary>
    public RaftStreamException? Failure { get; init; }

    /// <summary>Copies the batches in; the caller has taken their length from the budget.</summary>
    public void Fill(in ReadOnlySequence<byte> batches)
    {
        _length = checked((int)batches.Length);
        _buffer = ArrayPool<byte>.Shared.Rent(_length);
        batches.CopyTo(_buffer);
    }

    /// <summary>Gives the memory back; the batches must not be used any more.</summary>
    /// <returns>Bytes to give back to the budget.</returns>
    public int Release()
    {
        if (_length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        int length = _length;
        (_buffer, _length) = ([], 0);
        return length;
    }
}

/// <summary>What was fetched and not yet read, bounded by bytes.</summary>
internal sealed class FetchQueue(int limitBytes)
{
    private readonly Channel<FetchedChunk> _chunks = Channel.CreateUnbounded<FetchedChunk>(new UnboundedChannelOptions { SingleReader = true });
    private readonly MemoryBudget _budget = new(limitBytes);

    /// <summary>What the reader takes from.</summary>
    public ChannelReader<FetchedChunk> Reader => _chunks.Reader;

    /// <summary>Waits until <paramref name="bytes"/> fit, and takes them.</summary>
    public async ValueTask TakeBudgetAsync(int bytes, CancellationToken cancellationToken)
    {
        while (!_budget.TryTake(bytes))
        {
            await _budget.WaitAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Adds at the end. Its bytes, if any, were taken from the budget.</summary>
    public void Add(FetchedChunk chunk) => _chunks.Writer.TryWrite(chunk);

    /// <summary>Gives a chunk's memory back.</summary>
    public void Release(FetchedChunk chunk)
    {
        int bytes = chunk.Release();
        if (bytes > 0)
        {
            _budget.Give(bytes);
        }
    }

    /// <summary>No more will come; the reader ends, with <paramref name="failure"/> if there is one.</summary>
    public void Close(Exception? failure) => _chunks.Writer.TryComplete(failure);
}
