using System.Threading.Tasks.Sources;

namespace RaftStream.Broker.Producing;

/// <summary>One produce request that its caller awaits. Reusable, one request at a time; allocates nothing.</summary>
public sealed class ProduceCall : IProduceSink, IValueTaskSource<ProduceResult>
{
    private ManualResetValueTaskSourceCore<ProduceResult> _source = new() { RunContinuationsAsynchronously = true };

    /// <summary>For <see cref="ProduceCommand.Ticket"/>.</summary>
    public AppendTicket Ticket { get; } = new();

    /// <summary>Begins a request; call it before the request is handed over.</summary>
    public ValueTask<ProduceResult> BeginAsync()
    {
        _source.Reset();
        return new ValueTask<ProduceResult>(this, _source.Version);
    }

    void IProduceSink.OnProduced(ulong requestId, in ProduceResult result) => _source.SetResult(result);

    ProduceResult IValueTaskSource<ProduceResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ProduceResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ProduceResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
