using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C8: what a leader commits is durable on a majority of the voters in its log; the high watermark never falls.</summary>
public sealed class CommitIsDurable(QuorumWorld world, QuorumHistory history) : QuorumInvariant
{
    private readonly Dictionary<int, (int Incarnation, Offset End)> _last = [];

    public override void Carried(SimulatedNode node, QuorumStore store, RaftEffect effect)
    {
        if (effect is not RaftEffect.Commit(Offset highWatermark))
        {
            return;
        }

        (int incarnation, Offset last) = _last.GetValueOrDefault(node.Id);
        Require(incarnation != node.Incarnation || highWatermark > last, "S-C8", () => $"the high watermark of {node.Id} falls to {highWatermark}");
        _last[node.Id] = (node.Incarnation, highWatermark);
        if (node.Replica?.Node.View is { Role: RaftRole.Leader } view)
        {
            Entry? entry = Last(history.LogOf(node), highWatermark);
            int holders = view.Voters.Voters.Count(voter => Holds(voter.Key, entry, highWatermark));
            Require(
                holders >= view.Voters.Majority,
                "S-C8",
                () => $"{node.Id} commits {highWatermark}, which is durable on {holders} of {view.Voters.Voters.Length} voters");
        }
    }

    private bool Holds(ReplicaKey key, Entry? entry, Offset highWatermark)
    {
        SimulatedNode? holder = world.Nodes.FirstOrDefault(node => node.Key == key);
        if (holder is null)
        {
            return false;
        }

        Offset durable = holder.Store?.DurableEnd ?? holder.LastDurableEnd;
        IReadOnlyList<Entry> log = history.LogOf(holder);
        bool isSame = entry is null || QuorumHistory.Find(log, entry.Base) == entry || (log.Count > 0 ? log[0].Base >= entry.End : durable >= entry.End);
        return durable >= highWatermark && isSame;
    }

    private static Entry? Last(IReadOnlyList<Entry> log, Offset end)
    {
        for (int i = log.Count - 1; i >= 0; i--)
        {
            if (log[i].End <= end)
            {
                return log[i];
            }
        }

        return null;
    }
}
