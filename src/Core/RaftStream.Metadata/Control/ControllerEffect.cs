using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>What a controller asks the shell to do, in order.</summary>
public abstract record ControllerEffect
{
    private ControllerEffect()
    {
    }

    /// <summary>Append the records as one atomic batch; <see cref="ControllerEvent.AppendAccepted"/> or <see cref="ControllerEvent.AppendRefused"/> follows.</summary>
    public sealed record Append(long Id, LeaderEpoch Epoch, ImmutableArray<MetadataRecord> Records) : ControllerEffect;

    /// <summary>Find out whether this node still leads (C-8.5); <see cref="ControllerEvent.BarrierCompleted"/> follows.</summary>
    public sealed record RequestBarrier(long Id) : ControllerEffect;

    /// <summary>Answer an operation; <paramref name="Error"/> NOT_CONTROLLER leaves its outcome unknown (C-14.4, P32).</summary>
    public sealed record Answer(long Id, object? Response, OperationError? Error) : ControllerEffect;

    /// <summary>The committed image changed; comes before the answers that rest on it.</summary>
    /// <param name="Change">Null after a snapshot: there is no delta, only <see cref="Controller.Committed"/>.</param>
    public sealed record Published(PublishedChange? Change) : ControllerEffect;

    /// <summary>Give the reign back: the log does not take what was decided.</summary>
    public sealed record Resign(LeaderEpoch Epoch) : ControllerEffect;
}
