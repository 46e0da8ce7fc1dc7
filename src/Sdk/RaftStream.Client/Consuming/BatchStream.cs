namespace RaftStream.Client.Consuming;

/// <summary>The consumer's batches as an asynchronous sequence.</summary>
internal sealed class BatchStream(ReaderLease lease, CancellationToken cancellationToken)
    : IAsyncEnumerable<ConsumedBatch>, IAsyncEnumerator<ConsumedBatch>
{
    private CancellationToken _cancellation = cancellationToken;
    private BatchReader? _reader;

    public ConsumedBatch Current => _reader!.Current;

    public IAsyncEnumerator<ConsumedBatch> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken;
        }

        _reader = lease.Take();
        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        _cancellation.ThrowIfCancellationRequested();
        return _reader!.TryMoveNext() ? ValueTask.FromResult(true) : _reader.MoveNextAsync(_cancellation);
    }

    public ValueTask DisposeAsync()
    {
        if (_reader is not null)
        {
            _reader = null;
            lease.Return();
        }

        return ValueTask.CompletedTask;
    }
}
