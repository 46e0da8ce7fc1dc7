using System.Diagnostics;
using RaftStream.Client;

namespace RaftStream.Cli.Bench;

/// <summary>Produces as fast as one thread and the broker can.</summary>
internal sealed class ProduceRun(Producer producer, ProducerTopic topic, ProduceCounter counter, int recordSize)
{
    // How many records go between two looks at the clock.
    private const int Stride = 256;

    private readonly Payload _payload = new(recordSize);

    /// <summary>Produces for a time, and waits until everything is acknowledged.</summary>
    public Task RunAsync(TimeSpan duration, CancellationToken cancellationToken) => RunAsync(long.MaxValue, duration, cancellationToken);

    /// <summary>Produces a number of records, and waits until everything is acknowledged.</summary>
    public Task RunAsync(long records, CancellationToken cancellationToken) => RunAsync(records, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <exception cref="CliException">Records failed.</exception>
    private async Task RunAsync(long records, TimeSpan duration, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        bool isTimed = duration != Timeout.InfiniteTimeSpan;
        for (long left = records; left > 0 && !(isTimed && Stopwatch.GetElapsedTime(start) >= duration);)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int taken = Take((int)Math.Min(left, Stride));
            left -= taken;
            if (taken < Stride && left > 0)
            {
                await topic.WaitForSpaceAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        await producer.FlushAsync(cancellationToken).ConfigureAwait(false);
        counter.ThrowIfFailed();
    }

    private int Take(int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (!topic.TryProduce(key: default, _payload.Next()))
            {
                return i;
            }
        }

        return count;
    }
}

/// <summary>Counts what became of produced records.</summary>
internal sealed class ProduceCounter : IDeliveryHandler
{
    private long _delivered;
    private RaftStreamException? _failure;

    /// <summary>Records acknowledged so far.</summary>
    public long Delivered => Volatile.Read(ref _delivered);

    /// <inheritdoc/>
    public void OnDelivered(in DeliveryRange range)
    {
        if (range.Error is { } error)
        {
            Interlocked.CompareExchange(ref _failure, error, null);
        }
        else
        {
            Interlocked.Add(ref _delivered, range.Count);
        }
    }

    /// <summary>A benchmark in which something failed measured something else.</summary>
    /// <exception cref="RaftStreamException">The first failure.</exception>
    public void ThrowIfFailed()
    {
        if (Volatile.Read(ref _failure) is { } failure)
        {
            throw new RaftStreamException(failure.Code, failure.Message, failure);
        }
    }
}
