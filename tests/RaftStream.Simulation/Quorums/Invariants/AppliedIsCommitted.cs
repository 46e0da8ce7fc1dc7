using RaftStream.Metadata.Images;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C11, S-C13: images come in order and only of committed records; equal offsets are equal images.</summary>
public sealed class AppliedIsCommitted(QuorumHistory history) : QuorumInvariant
{
    private readonly Dictionary<int, (int Incarnation, long End)> _last = [];
    private long _published;

    public override void Published(SimulatedNode node, MetadataImage image)
    {
        (int incarnation, long end) = _last.GetValueOrDefault(node.Id);
        Require(incarnation != node.Incarnation || image.EndOffset >= end, "S-C11", () => $"{node.Id} goes back from {end} to {image.EndOffset}");
        _last[node.Id] = (node.Incarnation, image.EndOffset);
        Require(
            image.EndOffset <= history.CommittedEnd.Value,
            "S-C11",
            () => $"{node.Id} shows {image.EndOffset}, and only {history.CommittedEnd} is committed");
        if (++_published % 16 == 0 && history.ImageAt(image.EndOffset) is { } truth)
        {
            bool isSame = ImageSnapshot.Write(image).SequenceEqual(ImageSnapshot.Write(truth));
            Require(isSame, "S-C11", () => $"the image of {node.Id} at {image.EndOffset} is not what the log gives");
        }
    }

    public override void Carried(SimulatedNode node, QuorumStore store, RaftEffect effect)
    {
        if (effect is RaftEffect.LeadershipGained(var gained) && node.Replica is { } replica)
        {
            RaftView view = replica.Node.View;
            bool leads = view.Role == RaftRole.Leader && view.Epoch == gained && view.HighWatermark is not null;
            Require(leads, "C-8.4", () => $"the controller of {node.Id} is told to lead {gained}, and its node is {view.Role} of {view.Epoch}");
        }
    }

    public override void AfterEvent(SimulatedNode node)
    {
        RaftView view = node.Replica!.Node.View;
        bool mayLead = node.Replica.Controller.ActiveEpoch is not { } epoch || (view.Role == RaftRole.Leader && view.Epoch == epoch);
        Require(mayLead, "C-8.4", () => $"the controller of {node.Id} is active, and its node is {view.Role} of {view.Epoch}");
        bool hasSeenAll = node.Replica.Controller.ActiveEpoch is null || view.HighWatermark is not null;
        Require(hasSeenAll, "C-8.4", () => $"the controller of {node.Id} is active before its reign is committed");
    }
}
