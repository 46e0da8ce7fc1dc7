using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Client.Producing;

/// <summary>What all partitions of one producer share.</summary>
internal sealed class ProducerContext
{
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosed;

    public ProducerContext(ProducerOptions options, TimeProvider time, IPartitionScheduler scheduler)
    {
        Options = options;
        Time = time;
        Scheduler = scheduler;
        Budget = new MemoryBudget(options.MemoryBytes);
        var builderOptions = new RecordBatchBuilderOptions { Codec = options.Codec, BatchBytes = options.BatchBytes };
        Pool = new BatchPool(builderOptions, keep: (int)Math.Clamp(options.MemoryBytes / options.BatchBytes, 1, 4096));
        Clock = new RecordClock(time);
        DeliveryTimeoutTicks = (long)(options.DeliveryTimeout.TotalSeconds * time.TimestampFrequency);
    }

    public ProducerOptions Options { get; }

    public TimeProvider Time { get; }

    public IPartitionScheduler Scheduler { get; }

    public MemoryBudget Budget { get; }

    public BatchPool Pool { get; }

    public RecordClock Clock { get; }

    /// <summary>The delivery timeout in units of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long DeliveryTimeoutTicks { get; }

    /// <summary>The first exception that a delivery handler threw; thrown by the next flush.</summary>
    public Exception? HandlerFailure { get; set; }

    /// <summary>Awaits <paramref name="work"/>, or the failure of the producer, without which the work may never be done.</summary>
    public async Task UnlessFailedAsync(Task work)
    {
#pragma warning disable VSTHRD003 // Signals that other threads give; no thread is needed to bring them about.
        Task first = await Task.WhenAny(work, _failed.Task).ConfigureAwait(false);
        await first.ConfigureAwait(false);
#pragma warning restore VSTHRD003
    }

    /// <summary>From now on nothing is taken.</summary>
    public void Close() => _isClosed = true;

    /// <summary>One of the producer's loops ended with a bug: stops the producer, and tells everybody.</summary>
    public void Fail(Exception exception)
    {
        _failed.TrySetException(new InvalidOperationException("The producer failed and takes no more records.", exception));
        _isClosed = true;
    }

    /// <summary>Throws once nothing is taken any more.</summary>
    /// <exception cref="ObjectDisposedException">The producer was disposed.</exception>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public void ThrowIfClosed()
    {
        if (_isClosed)
        {
            throw _failed.Task.Exception?.InnerException ?? new ObjectDisposedException(nameof(Producer));
        }
    }

    /// <summary>The failure of batches whose fate hangs on one that was given up.</summary>
    public static RaftStreamException GivenUpBehind(NamedPartition partition, RaftStreamException? last) => new(
        ErrorCode.RequestTimedOut,
        $"Records for {partition} were on their way behind others that were given up, and were given up with them: no broker has said whether "
        + "they are stored, and sent again they could be stored twice"
        + (last is null ? "." : $"; the last failure was: {last.Message}"),
        last);

    /// <summary>The failure of batches that were not acknowledged in time.</summary>
    public RaftStreamException TimedOut(NamedPartition partition, RaftStreamException? last) => new(
        ErrorCode.RequestTimedOut,
        $"Records for {partition} were not acknowledged within the delivery timeout of {Options.DeliveryTimeout.TotalSeconds:0.###} s"
        + (last is null ? "; the broker did not keep up or could not be reached." : $"; the last failure was: {last.Message}"),
        last);
}
