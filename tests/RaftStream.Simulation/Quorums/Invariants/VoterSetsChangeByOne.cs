using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C10: successive voter sets differ by one replica at most, no log has two that are not committed, none is empty.</summary>
public sealed class VoterSetsChangeByOne : QuorumInvariant
{
    public override void Carried(SimulatedNode node, QuorumStore store, RaftEffect effect)
    {
        if (effect is not RaftEffect.AppendLog append || node.Replica?.Node is not { View.Role: RaftRole.Leader } raft)
        {
            return;
        }

        foreach (LogBatch batch in append.Batches)
        {
            foreach (ControlRecord.Voters record in batch.Control.OfType<ControlRecord.Voters>())
            {
                VoterSet before = raft.VotersAt(batch.BaseOffset);
                int added = record.Set.Voters.Count(voter => !before.Contains(voter.Key));
                int removed = before.Voters.Count(voter => !record.Set.Contains(voter.Key));
                Require(!record.Set.Voters.IsEmpty, "S-C10", () => $"{node.Id} leaves no voter");
                Require(added + removed <= 1, "S-C10", () => $"{node.Id} goes from {before} to {record.Set}");
            }
        }
    }

    public override void AfterEvent(SimulatedNode node)
    {
        RaftView view = node.Replica!.Node.View;
        VoterSet committed = node.Replica.Node.VotersAt(view.HighWatermark ?? view.LogStart);
        int differing = view.Voters.Voters.Count(voter => !committed.Contains(voter.Key))
            + committed.Voters.Count(voter => !view.Voters.Contains(voter.Key));
        bool isKnown = view.Role == RaftRole.Leader && view.HighWatermark is not null;
        Require(!isKnown || differing <= 1, "S-C10", () => $"{node.Id} has more than one change under way: {committed} to {view.Voters}");
    }
}
