namespace RaftStream.Client.Producing;

/// <summary>The records of one partition on their way into batches: the open batch, and the closed ones that wait to be sent, in order.</summary>
/// <remarks>Guarded by its partition's lock. Allocates nothing: batches come from the producer's pool.</remarks>
internal sealed class RecordAccumulator(ProducerPartition partition, ProducerContext context)
{
    private readonly bool _sendsAtOnce = context.Options.Linger <= TimeSpan.Zero;
    private ProducerBatch? _open;
    private BatchQueue _closed;

    /// <summary>Sequence that the next record will get, from 0; counts the records of the partition.</summary>
    public long NextSequence { get; private set; }

    /// <summary>True when there is a batch that need not wait for more records.</summary>
    public bool HasDue => _closed.Count > 0 || _open is { Count: > 0, IsDue: true };

    /// <summary>The oldest closed batch; null when there is none.</summary>
    public ProducerBatch? OldestClosed => _closed.Head;

    /// <summary>Adds a record.</summary>
    /// <param name="largestSize">Upper bound of the record's encoded size, bytes.</param>
    /// <param name="mayTurnAway">Answer <see cref="AppendOutcome.BatchFull"/> instead of beginning a second batch.</param>
    /// <param name="sequence">The record's; -1 when it was not taken.</param>
    /// <param name="promise">Set when <paramref name="wantPromise"/> and the record was taken.</param>
    /// <param name="opened">First sequence of a batch that was begun and lingers; -1 is none.</param>
    public AppendOutcome TryAppend(
        in BorrowedRecord record,
        int largestSize,
        bool mayTurnAway,
        bool wantPromise,
        out long sequence,
        out DeliveryPromise? promise,
        out long opened)
    {
        (sequence, promise, opened) = (-1, null, -1);
        long timestampMs = record.TimestampMs ?? context.Clock.NowMs;
        while (true)
        {
            ProducerBatch batch = _open ?? context.Pool.Rent();
            if (!batch.TryGrow(largestSize, context.Budget, context.Options.BatchBytes))
            {
                if (_open is null)
                {
                    context.Pool.Return(batch);
                }

                return AppendOutcome.NoMemory;
            }

            if (_open is null)
            {
                batch.Open(partition, NextSequence, context.Time.GetTimestamp() + context.DeliveryTimeoutTicks);
                _open = batch;
                batch.IsDue = _sendsAtOnce;
                opened = _sendsAtOnce ? -1 : NextSequence;
            }

            if (batch.TryAppend(record, timestampMs))
            {
                sequence = NextSequence++;
                promise = wantPromise ? batch.PromiseLast(timestampMs) : null;
                if (batch.SizeInBytes + largestSize <= context.Options.BatchBytes)
                {
                    return AppendOutcome.Taken;
                }

                // Another record of this size would not fit: do not let the batch wait for it.
                Close(batch);
                return AppendOutcome.TakenLast;
            }

            Close(batch);
            if (mayTurnAway)
            {
                return AppendOutcome.BatchFull;
            }
        }
    }

    /// <summary>The open batch is to be sent without lingering.</summary>
    /// <param name="firstSequence">Only if it is the batch that began with this; null is whichever is open.</param>
    public void MakeDue(long? firstSequence = null)
    {
        if (_open is not null && (firstSequence ?? _open.FirstSequence) == _open.FirstSequence)
        {
            _open.IsDue = true;
        }
    }

    /// <summary>Takes the oldest batch; <see cref="HasDue"/> is true.</summary>
    public ProducerBatch TakeDue() => _closed.Count > 0 ? _closed.Dequeue() : TakeOpen()!;

    /// <summary>Takes the oldest closed batch; there is one.</summary>
    public ProducerBatch TakeClosed() => _closed.Dequeue();

    /// <summary>Takes the oldest batch if its time is over; null when it is not.</summary>
    public ProducerBatch? TakeExpired(long nowTicks)
    {
        ProducerBatch? oldest = _closed.Head ?? _open;
        if (oldest is null || oldest.DeadlineAt > nowTicks)
        {
            return null;
        }

        return _closed.Count > 0 ? _closed.Dequeue() : TakeOpen();
    }

    /// <summary>Puts batches that must be sent again in front, and empties <paramref name="older"/>.</summary>
    public void PutBack(ref BatchQueue older) => _closed.Prepend(ref older);

    private void Close(ProducerBatch batch)
    {
        _closed.Enqueue(batch);
        _open = null;
    }

    private ProducerBatch? TakeOpen()
    {
        ProducerBatch? batch = _open;
        _open = null;
        return batch;
    }
}
