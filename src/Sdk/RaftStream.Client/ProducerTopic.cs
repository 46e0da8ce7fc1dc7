using RaftStream.Client.Producing;
using RaftStream.Client.Routing;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Client;

/// <summary>
/// One topic of one producer: the fast way in. Records are encoded straight into the batch of their partition; nothing is
/// allocated for them.
/// </summary>
/// <remarks>Thread-safe. Get it once from <see cref="Producer.GetTopicAsync"/> and keep it as long as the producer.</remarks>
public sealed class ProducerTopic
{
    /// <summary>What the encoding of a record may need beside key, value and headers: lengths, deltas, attributes.</summary>
    private const int RecordOverheadBytes = 40;

    private const int HeaderOverheadBytes = 10;

    private readonly ProducerContext _context;
    private readonly WaitingLine _waiting;
    private readonly Lock _gate = new();
    private volatile ProducerPartition[] _partitions = [];
    private int _sticky;

    /// <param name="waiting">Those who wait for this topic to be known, and later for memory.</param>
    internal ProducerTopic(TopicView topic, ProducerContext context, WaitingLine waiting)
    {
        _context = context;
        _waiting = waiting;
        Name = topic.Name;
        Update(topic);
        _sticky = Random.Shared.Next(_partitions.Length);
    }

    /// <summary>The topic's name.</summary>
    public string Name { get; }

    /// <summary>Partitions, as last heard of.</summary>
    public int PartitionCount => _partitions.Length;

    internal ReadOnlySpan<ProducerPartition> Partitions => _partitions;

    /// <summary>Takes a key and a value, if there is memory for them.</summary>
    /// <inheritdoc cref="TryProduce(in BorrowedRecord, out ProduceTicket)"/>
    public bool TryProduce(OptionalBytes key, OptionalBytes value) =>
        TryProduce(new BorrowedRecord { Key = key, Value = value }, out _);

    /// <summary>Takes a record, if there is memory for it. The bytes are copied before it returns.</summary>
    /// <param name="ticket">What <see cref="IDeliveryHandler"/> will call the record; meaningless when false.</param>
    /// <returns>False when <see cref="ProducerOptions.MemoryBytes"/> are used up: see <see cref="WaitForSpaceAsync"/>.</returns>
    /// <exception cref="RaftStreamException">The record is too large, or its partition does not exist.</exception>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    public bool TryProduce(in BorrowedRecord record, out ProduceTicket ticket)
    {
        AppendOutcome outcome = Append(record, wantPromise: false, out ticket, out _);
        return outcome != AppendOutcome.NoMemory;
    }

    /// <summary>Takes a record; waits while there is no memory for it.</summary>
    /// <exception cref="RaftStreamException">
    /// As <see cref="TryProduce(in BorrowedRecord, out ProduceTicket)"/>; or no memory became free within <see cref="ProducerOptions.MaxBlock"/>.
    /// </exception>
    public ValueTask<ProduceTicket> ProduceAsync(ProducerRecord record, CancellationToken cancellationToken = default)
    {
        return _waiting.IsEmpty && Append(Borrow(record), wantPromise: false, out ProduceTicket ticket, out _) != AppendOutcome.NoMemory
            ? ValueTask.FromResult(ticket)
            : ProduceWhenSpaceAsync(record, cancellationToken);
    }

    /// <summary>Waits until records may be taken again after a false of <see cref="TryProduce(OptionalBytes, OptionalBytes)"/>; then try again.</summary>
    /// <exception cref="RaftStreamException">No memory became free within <see cref="ProducerOptions.MaxBlock"/>.</exception>
    public Task WaitForSpaceAsync(CancellationToken cancellationToken = default) => WhileMayBlockAsync(
        async limit =>
        {
            await _context.UnlessFailedAsync(_context.Budget.WaitAsync(_context.Options.BatchBytes, limit)).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    internal ValueTask<DeliveryReport> SendAsync(in ProducerRecord record, CancellationToken cancellationToken)
    {
        return _waiting.IsEmpty && Append(Borrow(record), wantPromise: true, out _, out DeliveryPromise? promise) != AppendOutcome.NoMemory
            ? promise!.Task
            : SendWhenSpaceAsync(record, cancellationToken);
    }

    /// <summary>Takes a record whose turn it is in this topic's line; waits while there is no memory for it.</summary>
    internal async Task<DeliveryPromise> AppendAtFrontAsync(ProducerRecord record, CancellationToken cancellationToken)
    {
        (_, DeliveryPromise? promise) = await WhileMayBlockAsync(
            limit => AppendOnceAsync(record, wantPromise: true, limit), cancellationToken).ConfigureAwait(false);
        return promise!;
    }

    /// <summary>Takes over a newer view of the topic: more partitions, another id.</summary>
    internal void Update(TopicView topic)
    {
        lock (_gate)
        {
            ProducerPartition[] known = _partitions;
            if (topic.Partitions.Length > known.Length)
            {
                ProducerPartition[] grown = [.. known, .. Enumerable.Range(known.Length, topic.Partitions.Length - known.Length)
                    .Select(number => new ProducerPartition(new NamedPartition(Name, number), _context))];
                _partitions = grown;
            }

            foreach (ProducerPartition partition in _partitions)
            {
                partition.TopicId = topic.Id;
            }
        }
    }

    private static BorrowedRecord Borrow(in ProducerRecord record) => new()
    {
        Key = record.Key is { } key ? new OptionalBytes(key.Span) : OptionalBytes.Null,
        Value = record.Value is { } value ? new OptionalBytes(value.Span) : OptionalBytes.Null,
        Headers = record.Headers.Span,
        Partition = record.Partition,
        TimestampMs = record.TimestampMs,
    };

    private AppendOutcome Append(in BorrowedRecord record, bool wantPromise, out ProduceTicket ticket, out DeliveryPromise? promise)
    {
        int largestSize = LargestSize(record);
        ProducerPartition[] partitions = _partitions;
        bool isFree = record.Partition is null && record.Key.IsNull;
        int chosen = isFree ? Volatile.Read(ref _sticky) : Choose(record, partitions.Length);
        AppendOutcome outcome = partitions[chosen].TryAppend(
            record, largestSize, mayTurnAway: isFree && partitions.Length > 1, wantPromise, out long sequence, out promise);
        if (isFree && outcome is AppendOutcome.TakenLast or AppendOutcome.BatchFull)
        {
            TurnFrom(chosen, partitions.Length);
            if (outcome == AppendOutcome.BatchFull)
            {
                chosen = Volatile.Read(ref _sticky);
                outcome = partitions[chosen].TryAppend(record, largestSize, mayTurnAway: false, wantPromise, out sequence, out promise);
            }
        }

        ticket = new ProduceTicket(chosen, sequence);
        return outcome;
    }

    private int Choose(in BorrowedRecord record, int partitionCount)
    {
        if (record.Partition is not { } wanted)
        {
            return KafkaPartitioner.Partition(record.Key.Span, partitionCount);
        }

        return (uint)wanted < (uint)partitionCount
            ? wanted
            : throw ClusterMetadata.NoPartition(new NamedPartition(Name, wanted), partitionCount);
    }

    // Records without a key stay with one partition for a batch (KIP-480), then go on to the next: batches stay large, and
    // all partitions get the same.
    private void TurnFrom(int chosen, int partitionCount)
    {
        int next = chosen + 1 < partitionCount ? chosen + 1 : 0;
        Interlocked.CompareExchange(ref _sticky, next, chosen);
    }

    private int LargestSize(in BorrowedRecord record)
    {
        long size = (long)RecordOverheadBytes + record.Key.Length + record.Value.Length;
        foreach (ref readonly RecordHeader header in record.Headers)
        {
            size += HeaderOverheadBytes + header.Key.Length + header.Value.Length;
        }

        return size <= _context.Options.MaxRecordBytes ? (int)size : throw new RaftStreamException(
            ErrorCode.MessageTooLarge,
            $"The record has {size} bytes; this producer's limit (MaxRecordBytes) is {_context.Options.MaxRecordBytes}, "
            + "and the topic's is max.message.bytes.");
    }

    private async ValueTask<ProduceTicket> ProduceWhenSpaceAsync(ProducerRecord record, CancellationToken cancellationToken) =>
        (await AppendWhenSpaceAsync(record, wantPromise: false, cancellationToken).ConfigureAwait(false)).Ticket;

    private async ValueTask<DeliveryReport> SendWhenSpaceAsync(ProducerRecord record, CancellationToken cancellationToken)
    {
        (_, DeliveryPromise? promise) = await AppendWhenSpaceAsync(record, wantPromise: true, cancellationToken).ConfigureAwait(false);
        return await promise!.Task.ConfigureAwait(false);
    }

    /// <summary>Appends behind all records of this topic that wait already: those of one partition keep the order in which they were sent.</summary>
    private Task<(ProduceTicket Ticket, DeliveryPromise? Promise)> AppendWhenSpaceAsync(
        ProducerRecord record, bool wantPromise, CancellationToken cancellationToken) => WhileMayBlockAsync(
        limit => _waiting.EnterAsync(() => AppendOnceAsync(record, wantPromise, limit), limit), cancellationToken);

    private async Task<(ProduceTicket Ticket, DeliveryPromise? Promise)> AppendOnceAsync(ProducerRecord record, bool wantPromise, CancellationToken limit)
    {
        while (true)
        {
            if (Append(Borrow(record), wantPromise, out ProduceTicket ticket, out DeliveryPromise? promise) != AppendOutcome.NoMemory)
            {
                return (ticket, promise);
            }

            await _context.UnlessFailedAsync(_context.Budget.WaitAsync(_context.Options.BatchBytes, limit)).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for memory, for <see cref="ProducerOptions.MaxBlock"/> at the longest.</summary>
    private async Task<T> WhileMayBlockAsync<T>(Func<CancellationToken, Task<T>> wait, CancellationToken cancellationToken)
    {
        using var blocked = new CancellationTokenSource(_context.Options.MaxBlock, _context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(blocked.Token, cancellationToken);
        try
        {
            return await wait(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RaftStreamException(
                ErrorCode.RequestTimedOut,
                $"The producer's memory of {_context.Options.MemoryBytes} bytes stayed full for {_context.Options.MaxBlock.TotalSeconds:0.###} s: "
                + "the brokers are slower than this producer, or cannot be reached.");
        }
    }
}
