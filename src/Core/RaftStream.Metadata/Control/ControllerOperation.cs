using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;

namespace RaftStream.Metadata.Control;

/// <summary>What an operation decides by. The sessions are soft state: they are never in the log (C-14.10).</summary>
/// <param name="Latest">The image with everything decided before, committed or not (C-14.1).</param>
/// <param name="Sessions">Who was heard of.</param>
/// <param name="NowMs">The caller's clock.</param>
/// <param name="Settings">What decisions go by besides the image.</param>
public sealed record ControllerView(MetadataImage Latest, BrokerSessions Sessions, long NowMs, ControllerSettings Settings);

/// <summary>Records to append, and the answer once they are committed.</summary>
/// <param name="Records">Empty is a read.</param>
/// <param name="Response">Made when the log has taken the records, from the image with them: that is where their offsets show.</param>
public sealed record OperationDecision(ImmutableArray<MetadataRecord> Records, Func<MetadataImage, object?> Response);

/// <summary>One request to the controller. Safe to repeat, since its caller may never learn what became of it (C-14.4).</summary>
/// <param name="Name">For people: names a metadata transaction.</param>
/// <param name="Decide">Deterministic; called once.</param>
/// <param name="StrongRead">When nothing is to be written or waited for, make sure first that this node still leads (C-14.3).</param>
public sealed record ControllerOperation(string Name, Func<ControllerView, OperationDecision> Decide, bool StrongRead = true)
{
    /// <summary>An operation whose answer follows from the image before it.</summary>
    public static ControllerOperation Of<T>(string name, Func<MetadataImage, Decision<T>> decide)
    {
        ArgumentNullException.ThrowIfNull(decide);
        return new ControllerOperation(name, view =>
        {
            Decision<T> decision = decide(view.Latest);
            return new OperationDecision(decision.Records, _ => decision.Response);
        });
    }
}
