using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;

namespace RaftStream.Client.Producing;

/// <summary>What <see cref="Producer.SendAsync(string, ProducerRecord, CancellationToken)"/> returns for one record: pooled, awaited once.</summary>
internal sealed class DeliveryPromise : IValueTaskSource<DeliveryReport>
{
    private static readonly ConcurrentBag<DeliveryPromise> Pool = [];

    // Continuations run on the pool: user code must not hold up the thread that receives the answers.
    private ManualResetValueTaskSourceCore<DeliveryReport> _core = new() { RunContinuationsAsynchronously = true };

    /// <summary>Index of the record within its batch.</summary>
    public int Index { get; private set; }

    /// <summary>The record's own timestamp, milliseconds since 1970 UTC.</summary>
    public long TimestampMs { get; private set; }

    /// <summary>The next one waiting for the same batch.</summary>
    public DeliveryPromise? Next { get; set; }

    /// <summary>To be awaited exactly once.</summary>
    public ValueTask<DeliveryReport> Task => new(this, _core.Version);

    public static DeliveryPromise Rent(int index, long timestampMs)
    {
        DeliveryPromise promise = Pool.TryTake(out DeliveryPromise? pooled) ? pooled : new DeliveryPromise();
        promise.Index = index;
        promise.TimestampMs = timestampMs;
        return promise;
    }

    public void Succeed(in DeliveryReport report) => _core.SetResult(report);

    public void Fail(RaftStreamException error) => _core.SetException(error);

    DeliveryReport IValueTaskSource<DeliveryReport>.GetResult(short token)
    {
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            Next = null;
            Pool.Add(this);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<DeliveryReport>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<DeliveryReport>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
