using System.Buffers.Binary;
using System.Diagnostics;
using RaftStream.Client;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Cli.Bench;

/// <summary>Sends single records at a steady pace; times their way to the acknowledgement and to a consumer in this process.</summary>
internal sealed class LatencyRun : IDeliveryHandler
{
    /// <summary>What a record carries: when it was sent, and the number of its run.</summary>
    public const int SmallestRecord = 2 * sizeof(long);

    // Records under way never come near this number.
    private const int RingSize = 1 << 20;

    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private readonly long[] _sentAt = new long[RingSize];
    private readonly int _recordSize;
    private readonly Lock _gate = new();
    private long _run;
    private long _received;
    private long _nextSequence;
    private RaftStreamException? _failure;

    /// <summary>Ready to run.</summary>
    public LatencyRun(int recordSize) => _recordSize = Math.Max(recordSize, SmallestRecord);

    /// <summary>From before the send to the acknowledgement, nanoseconds.</summary>
    public Histogram Ack { get; private set; } = new();

    /// <summary>From before the send to the consumer, nanoseconds.</summary>
    public Histogram EndToEnd { get; private set; } = new();

    /// <summary>Records that were sent more than a millisecond after their time.</summary>
    public long LateSends { get; private set; }

    /// <summary>Records sent in this run.</summary>
    public long Sent { get; private set; }

    /// <summary>Reads until cancelled; start it before the first run.</summary>
    public async Task ReceiveAsync(Consumer consumer, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (ConsumedBatch batch in consumer.ConsumeBatchesAsync(cancellationToken).ConfigureAwait(false))
            {
                long now = Stopwatch.GetTimestamp();
                foreach (RecordView record in batch)
                {
                    Receive(record.Value.Span, now);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run is over.
        }
        catch (RaftStreamException exception)
        {
            Interlocked.CompareExchange(ref _failure, exception, null);
        }
    }

    /// <summary>Sends <paramref name="count"/> records and waits until all have come back. Forgets what was measured before.</summary>
    /// <exception cref="CliException">Records do not come back.</exception>
    /// <exception cref="RaftStreamException">Records were refused.</exception>
    public async Task RunAsync(
        Producer producer, ProducerTopic topic, double rate, long count, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _run++;
            _received = 0;
            Ack = new Histogram();
            EndToEnd = new Histogram();
            LateSends = 0;
            Sent = 0;
        }

        // A thread of its own: pacing sleeps and spins.
        await Task.Factory.StartNew(
            () => Send(topic, rate, count, cancellationToken),
            cancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).ConfigureAwait(false);
        await producer.FlushAsync(cancellationToken).ConfigureAwait(false);
        await WaitForAllAsync(count, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void OnDelivered(in DeliveryRange range)
    {
        long now = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            if (range.Error is { } error)
            {
                Interlocked.CompareExchange(ref _failure, error, null);
                return;
            }

            for (long sequence = range.FirstSequence; sequence < range.FirstSequence + range.Count; sequence++)
            {
                Ack.Record(Nanoseconds(Volatile.Read(ref _sentAt[sequence % RingSize]), now));
            }
        }
    }

    private void Send(ProducerTopic topic, double rate, long count, CancellationToken cancellationToken)
    {
        byte[] value = new byte[_recordSize];
        new Prng(seed: 1).Fill(value);
        BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(sizeof(long)), _run);
        var pacer = new Pacer(rate);
        for (long i = 0; i < count && !cancellationToken.IsCancellationRequested; i++)
        {
            if (pacer.WaitFor(i) > Stopwatch.Frequency / 1000)
            {
                LateSends++;
            }

            long now = Stopwatch.GetTimestamp();
            // One partition and one sender: the sequence is known before the record is taken, and so before its acknowledgement.
            Volatile.Write(ref _sentAt[_nextSequence % RingSize], now);
            BinaryPrimitives.WriteInt64LittleEndian(value, now);
            if (!topic.TryProduce(new BorrowedRecord { Value = value, Partition = 0 }, out ProduceTicket ticket))
            {
                throw new CliException(
                    $"The broker does not keep up with {rate} records a second: the producer's memory is full.");
            }

            Invariant.Check(ticket.Sequence == _nextSequence);
            _nextSequence++;
            Sent++;
        }
    }

    private void Receive(ReadOnlySpan<byte> value, long now)
    {
        if (value.Length < SmallestRecord)
        {
            return;
        }

        lock (_gate)
        {
            // Records of the warm-up, and of whoever else writes to the topic, are not counted.
            if (BinaryPrimitives.ReadInt64LittleEndian(value[sizeof(long)..]) == _run)
            {
                EndToEnd.Record(Nanoseconds(BinaryPrimitives.ReadInt64LittleEndian(value), now));
                _received++;
            }
        }
    }

    private async Task WaitForAllAsync(long count, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _received) < count)
        {
            if (Volatile.Read(ref _failure) is { } failure)
            {
                throw new RaftStreamException(failure.Code, failure.Message, failure);
            }

            if (Stopwatch.GetElapsedTime(start) > LongestSilence)
            {
                throw new CliException(
                    $"Only {Volatile.Read(ref _received)} of {count} acknowledged records came back to the consumer within {LongestSilence.TotalSeconds:0} s.");
            }

            await Task.Delay(10, cancellationToken).ConfigureAwait(false);
        }
    }

    private static long Nanoseconds(long from, long to) => (long)Stopwatch.GetElapsedTime(from, to).TotalNanoseconds;
}
