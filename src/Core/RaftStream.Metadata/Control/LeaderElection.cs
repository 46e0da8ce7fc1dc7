using System.Collections.Immutable;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Step 3 of: who leads a partition whose ISR and ELR are known.</summary>
/// <param name="brokers">Brokers as they will be once the records of this operation are replayed.</param>
internal sealed class LeaderElection(BrokersImage brokers)
{
    /// <summary>
    /// The leader stays if it may; else the first candidate; else the last known leader, when nobody is eligible and the
    /// topic's <c>unclean.recovery.strategy</c> is balanced (KIP-966, KAFKA-19522); else anybody who is up, if that is
    /// allowed; else nobody.
    /// </summary>
    /// <param name="old">The state before the operation: its epoch is the one that a reign follows.</param>
    /// <param name="next">The state to find a leader for.</param>
    /// <param name="mayLoseData">Allows an unclean election.</param>
    /// <param name="byLastLeader">Allows the last known leader, which leads an only replica in any case: there is nothing to choose.</param>
    public PartitionState Elect(PartitionState old, PartitionState next, bool mayLoseData, bool byLastLeader)
    {
        if (IsCandidate(next, next.Leader))
        {
            return next.LastKnownLeader == NodeId.None ? next : next with { LastKnownLeader = NodeId.None };
        }

        foreach (NodeId id in next.Replicas)
        {
            if (IsCandidate(next, id))
            {
                bool fromElr = !next.Isr.Contains(id);
                return next with
                {
                    Leader = id,
                    LastKnownLeader = NodeId.None,
                    Isr = fromElr ? [id] : next.Isr,
                    Elr = fromElr ? Without(next.Elr, id, next.MinIsr) : next.Elr,
                };
            }
        }

        NodeId lastKnown = next.Leader != NodeId.None ? next.Leader : next.LastKnownLeader;
        lastKnown = next.Replicas.Contains(lastKnown) ? lastKnown : NodeId.None;
        bool mayLastKnown = byLastLeader || next.Replicas.Length == 1 || mayLoseData;
        if (mayLastKnown && next.Isr.IsEmpty && next.Elr.IsEmpty && brokers.IsActive(lastKnown))
        {
            return Uncleanly(old, next, lastKnown);
        }

        return mayLoseData && AnybodyUp(old, next) is { } winner
            ? Uncleanly(old, next, winner) with { RecoveryState = RecoveryState.Recovering }
            : next with { Leader = NodeId.None, LastKnownLeader = lastKnown };
    }

    /// <summary>R-9.2.</summary>
    public bool IsCandidate(PartitionState state, NodeId id) =>
        brokers.IsActive(id) && (state.Isr.Contains(id) || (state.Isr.IsEmpty && state.Elr.Contains(id)));

    /// <summary>R-9.6: who was eligible once lacks least; who is only being added may hold nothing yet.</summary>
    private NodeId? AnybodyUp(PartitionState old, PartitionState next)
    {
        IEnumerable<NodeId> inOrder = old.Elr
            .Concat(next.Replicas.Where(id => !next.Adding.Contains(id)))
            .Concat(next.Adding);
        foreach (NodeId id in inOrder)
        {
            if (next.Replicas.Contains(id) && brokers.IsActive(id))
            {
                return id;
            }
        }

        return null;
    }

    private static PartitionState Uncleanly(PartitionState old, PartitionState next, NodeId winner) => next with
    {
        Leader = winner,
        LastKnownLeader = NodeId.None,
        Isr = [winner],
        Elr = [],
        LastUncleanEpoch = new LeaderEpoch(old.LeaderEpoch.Value + 1),
    };

    private static ImmutableArray<NodeId> Without(ImmutableArray<NodeId> elr, NodeId winner, int minIsr) =>
        minIsr <= 1 ? [] : elr.Remove(winner);
}
