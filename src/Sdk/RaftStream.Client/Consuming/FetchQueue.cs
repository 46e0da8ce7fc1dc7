using System.Threading.Channels;
using RaftStream.Client.Producing;

namespace RaftStream.Client.Consuming;

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
        while (bytes > 0 && !_budget.TryTake(bytes))
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
