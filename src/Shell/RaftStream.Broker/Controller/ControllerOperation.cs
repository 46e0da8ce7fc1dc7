using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;

namespace RaftStream.Broker.Controller;

/// <summary>One request to the controller on its way through the loop: decided once, answered once.</summary>
internal abstract class ControllerOperation
{
    /// <summary>Decides on the latest image; remembers the answer.</summary>
    public abstract ImmutableArray<MetadataRecord> Decide(MetadataImage latest);

    /// <summary>The records are committed and applied: gives the answer.</summary>
    public abstract void Complete();

    /// <summary>The node stops: the outcome is unknown to the caller.</summary>
    public abstract void Fail(Exception exception);
}

/// <inheritdoc cref="ControllerOperation"/>
internal sealed class ControllerOperation<TResponse>(Func<MetadataImage, Decision<TResponse>> decide) : ControllerOperation
{
    private readonly TaskCompletionSource<TResponse> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Decision<TResponse>? _decision;

    public Task<TResponse> Answer => _answer.Task;

    public override ImmutableArray<MetadataRecord> Decide(MetadataImage latest)
    {
        _decision = decide(latest);
        return _decision.Records;
    }

    public override void Complete() => _answer.TrySetResult(_decision!.Response);

    public override void Fail(Exception exception) => _answer.TrySetException(exception);
}
