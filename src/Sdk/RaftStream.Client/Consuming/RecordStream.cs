using RaftStream.Records;

namespace RaftStream.Client.Consuming;

/// <summary>The consumer's records as an asynchronous sequence; while a batch lasts, moving on is an ordinary call.</summary>
internal sealed class RecordStream(ReaderLease lease, CancellationToken cancellationToken)
    : IAsyncEnumerable<ConsumedRecord>, IAsyncEnumerator<ConsumedRecord>
{
    private readonly RecordCopier _copier = new();
    private CancellationToken _cancellation = cancellationToken;
    private BatchReader? _reader;
    private FetchCursor? _cursor;
    private ConsumedBatch? _batch;
    private RecordCursor _place;
    private ConsumedRecord _current;

    public ConsumedRecord Current => _current;

    public IAsyncEnumerator<ConsumedRecord> GetAsyncEnumerator(CancellationToken cancellationToken = default)
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
        if (TryReadRecord())
        {
            return ValueTask.FromResult(true);
        }

        _cancellation.ThrowIfCancellationRequested();
        return MoveToNextBatchAsync();
    }

    public ValueTask DisposeAsync()
    {
        if (_reader is not null)
        {
            // What was not given out of the batch is given out the next time: the position says where that is.
            if (_batch is not null)
            {
                _reader.Rewind();
            }

            _reader = null;
            lease.Return();
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask<bool> MoveToNextBatchAsync()
    {
        BatchReader reader = _reader!;
        while (reader.TryMoveNext() || await reader.MoveNextAsync(_cancellation).ConfigureAwait(false))
        {
            _batch = reader.Current;
            _cursor = reader.CurrentCursor!;
            _place = new RecordCursor(_batch.Header);
            _cursor.Position = _batch.FirstOffset;
            if (TryReadRecord())
            {
                return true;
            }
        }

        return false;
    }

    private bool TryReadRecord()
    {
        // A seek or a pause ends the batch, wherever it stands.
        if (_batch is not { } batch || !_cursor!.IsCurrent)
        {
            return false;
        }

        while (_place.TryRead(batch.Records.Span, out RecordView record))
        {
            if (record.Offset >= batch.FirstOffset)
            {
                _cursor.Position = record.Offset + 1;
                _current = _copier.Copy(batch.Partition, record);
                return true;
            }
        }

        _batch = null;
        if (!_place.Check.IsValid)
        {
            throw new RaftStreamException(Model.ErrorCode.CorruptMessage, $"A batch of {batch.Partition} cannot be read: {_place.Check.Reason}");
        }

        // Offsets of records that compaction removed from the end of the batch are passed, too.
        _cursor.Position = batch.LastOffset + 1;
        return false;
    }
}
