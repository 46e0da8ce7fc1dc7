using System.Threading.Tasks.Sources;

namespace RaftStream.Broker.Producing;

/// <summary>Says when the memory of a batch that was handed to a partition is free again. Reusable; one request at a time.</summary>
/// <remarks>Almost always that is so at once; only when another thread is inside the partition does the request queue.</remarks>
public sealed class AppendTicket : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };

    internal void Begin() => _source.Reset();

    internal void Complete() => _source.SetResult(true);

    internal ValueTask Task => _source.GetStatus(_source.Version) == ValueTaskSourceStatus.Succeeded
        ? ValueTask.CompletedTask
        : new ValueTask(this, _source.Version);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
