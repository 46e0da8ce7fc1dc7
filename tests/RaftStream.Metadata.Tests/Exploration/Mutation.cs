using System.Collections.Immutable;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests.Exploration;

/// <summary>Breaks one rule in what the controller decides.</summary>
internal sealed class Mutation(Mutant mutant, Cluster cluster)
{
    /// <summary>What becomes of a partition's state instead of <paramref name="next"/>.</summary>
    public PartitionState? Apply(PartitionState old, PartitionState next)
    {
        switch (mutant)
        {
            case Mutant.DropKeepsLeaderEpoch when next.Leader == old.Leader && next.LastUncleanEpoch == old.LastUncleanEpoch:
                return next with { LeaderEpoch = old.LeaderEpoch };
            case Mutant.ReassignmentEndsEarly when !next.Adding.IsEmpty:
                ImmutableArray<NodeId> target = next.Replicas.RemoveRange(next.Removing);
                ImmutableArray<NodeId> isr = [.. target.Where(cluster.Image.Brokers.IsActive)];
                return isr.IsEmpty ? next : next with
                {
                    Replicas = target,
                    Adding = [],
                    Removing = [],
                    Isr = isr,
                    Elr = [],
                    Leader = isr[0],
                    LastKnownLeader = NodeId.None,
                    LeaderEpoch = new LeaderEpoch(old.LeaderEpoch.Value + 1),
                    MinIsr = Math.Min(next.MinIsr, target.Length),
                };
            case Mutant.EverybodyIsEligible when next.Isr.Length < next.MinIsr:
                return next with { Elr = [.. next.Replicas.Where(id => !next.Isr.Contains(id))] };
            case Mutant.UncleanElectionUnmarked when next.LastUncleanEpoch != old.LastUncleanEpoch:
                return next with { LastUncleanEpoch = old.LastUncleanEpoch };
            case Mutant.FencedBrokerStaysInIsr when next.Isr.Length < old.Isr.Length && next.Leader != NodeId.None:
                ImmutableArray<NodeId> kept = [.. next.Replicas.Where(id => old.Isr.Contains(id) || next.Isr.Contains(id))];
                return next with { Isr = kept, Elr = [] };
            default:
                return next;
        }
    }
}
