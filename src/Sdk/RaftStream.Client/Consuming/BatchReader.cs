using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Client.Consuming;

/// <summary>Takes what was fetched, checks it, and gives it out batch by batch, in order and each record once.</summary>
/// <remarks>One reader at a time; the thread that moves it is the only one that moves positions.</remarks>
internal sealed class BatchReader(ConsumerOptions options, FetchQueue queue) : IDisposable
{
    private readonly RecordBatchReader _decompressor = new(options.MaxBatchBytes);
    private FetchedChunk? _chunk;
    private FetchedChunk? _failure;
    private int _at;

    /// <summary>The batch that <see cref="MoveNextAsync"/> came to.</summary>
    public ConsumedBatch Current { get; } = new();

    /// <summary>The stretch that <see cref="Current"/> belongs to.</summary>
    public FetchCursor? CurrentCursor { get; private set; }

    /// <summary>Goes to the next batch with records to give; waits for it.</summary>
    /// <returns>False once the consumer was disposed.</returns>
    /// <exception cref="RaftStreamException">A partition cannot be read on: thrown again until it is sought or not assigned any more.</exception>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        while (!TryMoveNext())
        {
            if (!await queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Goes back before the current batch, whose rest, from the position on, is then given out again.</summary>
    public void Rewind()
    {
        if (_chunk is not null)
        {
            _at -= Current.Header.SizeInBytes;
        }
    }

    /// <summary>Goes to the next batch if one is here.</summary>
    public bool TryMoveNext()
    {
        if (_failure is not null)
        {
            ThrowFailure();
        }

        while (!TryReadBatch())
        {
            if (!queue.Reader.TryRead(out _chunk))
            {
                return false;
            }

            _at = 0;
            TakeNews(_chunk);
        }

        return true;
    }

    /// <summary>Releases the current batch and everything that was fetched and not read.</summary>
    public void Dispose()
    {
        while (_chunk is not null || queue.Reader.TryRead(out _chunk))
        {
            queue.Release(_chunk);
            _chunk = null;
        }

        _decompressor.Dispose();
    }

    /// <summary>What a chunk says beside its batches.</summary>
    private void TakeNews(FetchedChunk chunk)
    {
        FetchCursor cursor = chunk.Cursor;
        if (!cursor.IsCurrent)
        {
            return;
        }

        if (chunk.MovedTo is { } offset)
        {
            cursor.Position = offset;
        }

        if (chunk.Failure is not null)
        {
            _chunk = null;
            _failure = chunk;
            ThrowFailure();
        }
    }

    private void ThrowFailure()
    {
        if (_failure is not { Cursor.IsCurrent: true, Failure: { } failure })
        {
            _failure = null;
            return;
        }

        throw failure is LogTruncatedException cut
            ? new LogTruncatedException(cut.Partition, cut.Position, cut.EndOffset, cut)
            : new RaftStreamException(failure.Code, $"Partition {_failure.Cursor.Partition.Name} cannot be read on: {failure.Message}", failure);
    }

    /// <summary>Goes to the next batch of the chunk that has records to give; releases the chunk when there is none.</summary>
    private bool TryReadBatch()
    {
        if (_chunk is not { } chunk)
        {
            return false;
        }

        FetchCursor cursor = chunk.Cursor;
        while (cursor.IsCurrent && _at < chunk.Batches.Length)
        {
            ReadOnlyMemory<byte> batch = chunk.Batches[_at..];
            // Lengths were checked when the chunk was taken in.
            Invariant.Check(RecordBatchHeader.TryRead(batch.Span, out RecordBatchHeader header));
            batch = batch[..header.SizeInBytes];
            if (header.NextOffset.Value > cursor.Position && TryOpen(chunk, header, batch))
            {
                _at += header.SizeInBytes;
                return true;
            }

            _at += header.SizeInBytes;
        }

        FinishChunk(chunk);
        return false;
    }

    private bool TryOpen(FetchedChunk chunk, in RecordBatchHeader header, ReadOnlyMemory<byte> batch)
    {
        FetchCursor cursor = chunk.Cursor;
        if (options.CheckCrc && !RecordBatchIntegrity.IsChecksumRight(header, batch.Span))
        {
            ThrowCorrupt(chunk, header, "its checksum is wrong");
        }

        long position = cursor.Position;
        if (header.IsControl)
        {
            // Marks the end of a transaction: nothing for applications.
            cursor.Position = header.NextOffset.Value;
            return false;
        }

        RecordCheck check = _decompressor.Decompress(header, batch[RecordBatchHeader.Size..], out ReadOnlyMemory<byte> records);
        if (!check.IsValid)
        {
            ThrowCorrupt(chunk, header, check.Reason);
        }

        cursor.Position = header.NextOffset.Value;
        CurrentCursor = cursor;
        Current.Set(cursor.Partition.Name, header, records, Math.Max(position, header.BaseOffset.Value), chunk.HighWatermark);
        return true;
    }

    // The position stays at the batch: who wants to skip it seeks behind it. Nothing more is given out before that.
    private static void ThrowCorrupt(FetchedChunk chunk, in RecordBatchHeader header, string reason)
    {
        NamedPartition name = chunk.Cursor.Partition.Name;
        throw new RaftStreamException(
            ErrorCode.CorruptMessage,
            $"The batch at offset {header.BaseOffset} of {name} cannot be read: {reason}. "
            + $"Seek to offset {header.NextOffset} to skip it, or look at the log with 'raftstream log dump'.");
    }

    private void FinishChunk(FetchedChunk chunk)
    {
        _chunk = null;
        queue.Release(chunk);
        FetchCursor cursor = chunk.Cursor;
        if (options.PartitionEndHandler is { } handler
            && cursor.IsCurrent && chunk.HighWatermark >= 0 && cursor.Position >= chunk.HighWatermark && cursor.ReportedEnd != cursor.Position)
        {
            cursor.ReportedEnd = cursor.Position;
            handler(cursor.Partition.Name, cursor.Position);
        }
    }
}
