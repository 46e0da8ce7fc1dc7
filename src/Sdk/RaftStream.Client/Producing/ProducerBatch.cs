using System.Buffers;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Client.Producing;

/// <summary>Records of one partition that travel together, from the first one taken to the report of their fate.</summary>
/// <remarks>
/// One owner at a time: the partition under its lock while records are added; then the sender that encodes and sends it;
/// then whoever reports it, and gives it back to the <see cref="BatchPool"/>. Reused.
/// </remarks>
internal sealed class ProducerBatch : IDisposable
{
    private const int FirstBudgetBytes = 4096;

    private readonly RecordBatchBuilder _builder;
    private DeliveryPromise? _firstPromise;
    private DeliveryPromise? _lastPromise;

    public ProducerBatch(RecordBatchBuilderOptions options) => _builder = new RecordBatchBuilder(options);

    /// <summary>Where the records belong.</summary>
    public ProducerPartition? Partition { get; private set; }

    /// <summary>Sequence of the first record within the partition.</summary>
    public long FirstSequence { get; private set; }

    /// <summary>Timestamp of the time provider at which the batch gives up.</summary>
    public long DeadlineAt { get; private set; }

    /// <summary>Bytes taken from the budget for it.</summary>
    public int BudgetedBytes { get; private set; }

    /// <summary>True when it need not wait for more records: full, lingered, or flushed.</summary>
    public bool IsDue { get; set; }

    /// <summary>When it was handed to the connection, as a timestamp of the time provider.</summary>
    public long SentAt { get; set; }

    /// <summary>True once its fate in this attempt is known.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Offset of the first record; -1 is unknown.</summary>
    public long BaseOffset { get; private set; }

    /// <summary>The broker's timestamp of all records; -1 when their own were kept.</summary>
    public long LogAppendTimeMs { get; private set; }

    /// <summary>Why this attempt failed; null is success.</summary>
    public RaftStreamException? Error { get; private set; }

    /// <summary>The next one of the queue that holds it.</summary>
    public ProducerBatch? Next { get; set; }

    /// <summary>Records in it.</summary>
    public int Count => _builder.RecordCount;

    /// <summary>Bytes of it before compression.</summary>
    public int SizeInBytes => _builder.SizeInBytes;

    /// <summary>True when it has a producer id and sequences, which it keeps through all attempts (G-3.7).</summary>
    public bool IsNumbered { get; private set; }

    /// <summary>True unless all attempts so far ended with a word that the batch was not stored.</summary>
    public bool MayBeStored { get; set; }

    /// <summary>The encoded batch; empty before <see cref="Encode"/>.</summary>
    public ReadOnlySequence<byte> Encoded { get; private set; }

    /// <summary>Starts an empty batch.</summary>
    public void Open(ProducerPartition partition, long firstSequence, long deadlineAt)
    {
        Invariant.Check(Count == 0);
        Partition = partition;
        FirstSequence = firstSequence;
        DeadlineAt = deadlineAt;
    }

    /// <summary>Takes memory from the budget for another record, unless it has enough.</summary>
    /// <param name="largestSize">Upper bound of the record's encoded size, bytes.</param>
    /// <param name="batchBytes">Size of a full batch.</param>
    /// <remarks>In doubling steps: a batch of one record must not hold the memory of a full one.</remarks>
    public bool TryGrow(int largestSize, MemoryBudget budget, int batchBytes)
    {
        int needed = SizeInBytes + largestSize;
        if (needed <= BudgetedBytes)
        {
            return true;
        }

        int wanted = Math.Min(Math.Max(2 * BudgetedBytes, FirstBudgetBytes), batchBytes);
        int step = Math.Max(wanted, needed) - BudgetedBytes;
        if (!budget.TryTake(step))
        {
            return false;
        }

        BudgetedBytes += step;
        return true;
    }

    /// <summary>Adds a record; false when the batch is full. The first one is always taken.</summary>
    public bool TryAppend(in BorrowedRecord record, long timestampMs) =>
        _builder.TryAppend(timestampMs, record.Key, record.Value, record.Headers);

    /// <summary>A promise of the report of the record that was added last.</summary>
    public DeliveryPromise PromiseLast(long timestampMs)
    {
        DeliveryPromise promise = DeliveryPromise.Rent(Count - 1, timestampMs);
        if (_lastPromise is null)
        {
            _firstPromise = promise;
        }
        else
        {
            _lastPromise.Next = promise;
        }

        _lastPromise = promise;
        return promise;
    }

    /// <summary>Says who writes it, and which of their records it holds; before <see cref="Encode"/>.</summary>
    public void Number(long producerId, short epoch, int firstSequence)
    {
        Invariant.Check(!IsNumbered && Encoded.IsEmpty);
        _builder.SetProducer(producerId, epoch, firstSequence);
        IsNumbered = true;
    }

    /// <summary>Takes the numbers off: it is in no log, and will be encoded with others.</summary>
    public void Unnumber()
    {
        Invariant.Check(!IsAnswered);
        (IsNumbered, MayBeStored, Encoded) = (false, false, default);
    }

    /// <summary>Compresses and checksums the batch, once.</summary>
    public void Encode()
    {
        if (Encoded.IsEmpty)
        {
            Encoded = new ReadOnlySequence<byte>(_builder.Build());
        }
    }

    /// <summary>Notes the outcome of an attempt.</summary>
    public void Answer(long baseOffset, long logAppendTimeMs, RaftStreamException? error)
    {
        Invariant.Check(!IsAnswered);
        IsAnswered = true;
        (BaseOffset, LogAppendTimeMs, Error) = (baseOffset, logAppendTimeMs, error);
        MayBeStored |= error is null || !IsRefusal(error);
    }

    /// <summary>The answer was an error that says: it is in the log already, nobody knows where.</summary>
    public void TakeAsStored() => (BaseOffset, LogAppendTimeMs, Error) = (-1, -1, null);

    /// <summary>Forgets the outcome: it will be sent again.</summary>
    public void Retry()
    {
        IsAnswered = false;
        (BaseOffset, LogAppendTimeMs, Error) = (-1, -1, null);
    }

    /// <summary>Tells the handler, then those who await single records: these also when the handler throws.</summary>
    public void Report(IDeliveryHandler? handler)
    {
        NamedPartition partition = Partition!.Name;
        try
        {
            handler?.OnDelivered(new DeliveryRange
            {
                Partition = partition,
                FirstSequence = FirstSequence,
                Count = Count,
                BaseOffset = BaseOffset,
                LogAppendTimeMs = LogAppendTimeMs,
                Error = Error,
            });
        }
        finally
        {
            CompletePromises(partition);
        }
    }

    /// <summary>Empties the batch for another use.</summary>
    public void Reset()
    {
        _builder.Reset();
        Retry();
        (Partition, Next, _firstPromise, _lastPromise) = (null, null, null, null);
        (IsDue, BudgetedBytes, Encoded, IsNumbered, MayBeStored) = (false, 0, default, false, false);
    }

    /// <summary>Gives its memory back.</summary>
    public void Dispose() => _builder.Dispose();

    // Brokers refuse for good, or for want of replicas, before they append; after any other error the batch may be in the log.
    private static bool IsRefusal(RaftStreamException error) => error.IsRetriable
        ? error.Code == ErrorCode.NotEnoughReplicas
        : error.Code is not (ErrorCode.UnknownServerError or ErrorCode.DuplicateSequenceNumber);

    private void CompletePromises(NamedPartition partition)
    {
        DeliveryPromise? promise = _firstPromise;
        while (promise is not null)
        {
            // Completing a promise gives it away: what comes next must be known before.
            DeliveryPromise? next = promise.Next;
            Complete(promise, partition);
            promise = next;
        }
    }

    private void Complete(DeliveryPromise promise, NamedPartition partition)
    {
        if (Error is not null)
        {
            promise.Fail(Error);
            return;
        }

        long offset = BaseOffset < 0 ? -1 : BaseOffset + promise.Index;
        promise.Succeed(new DeliveryReport(partition, offset, LogAppendTimeMs >= 0 ? LogAppendTimeMs : promise.TimestampMs));
    }
}
