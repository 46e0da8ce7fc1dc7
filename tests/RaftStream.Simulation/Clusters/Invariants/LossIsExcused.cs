using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>
/// S-R1: an unclean election loses committed records only where somebody wants a leader at that price, or where nobody
/// could know better (R-9.3 step 3, R-9.5). For the latter all of this must be so: the topic has flush=os; the last leader may
/// lead again by <c>unclean.recovery.strategy</c>, or as the only replica; it once held every record that is lost, and lost it
/// with the page cache of its machine; and everybody who was in the ISR or eligible until this moment has stopped uncleanly too.
/// </summary>
internal sealed class LossIsExcused : ClusterInvariant
{
    /// <param name="kept">What stays committed.</param>
    public static void Judge(ClusterWorld world, PartitionTruth truth, PartitionState before, PartitionState after, long kept)
    {
        bool isWanted = world.Options.ElectsUncleanly || world.Operator.AcceptsLoss;
        bool isLastLeader = after.RecoveryState == RecoveryState.Recovered;
        bool isAllowed = isWanted || (isLastLeader && (after.Replicas.Length == 1 || world.Options.RecoversByLastLeader));
        string Story() => $"{truth.Name}: broker {after.Leader} leads epoch {after.LeaderEpoch} after an unclean election and holds what is committed "
            + $"up to {kept} of {truth.Committed.Count}";
        Require(isAllowed, "S-R1", () => $"{Story()}, and nobody has accepted that");
        if (!isLastLeader)
        {
            return;
        }

        ReplicaShadow leader = truth.ReplicaOf(after.Leader.Value);
        Require(!world.Options.FlushesOnCommit, "S-R1", () => $"{Story()}, with flush=commit");
        Require(leader.LostUpTo >= truth.Committed.Count, "S-R1", () => $"{Story()}, and had only {leader.LostUpTo} when its machine lost power");
        foreach (NodeId other in before.Isr.Concat(before.Elr).Where(id => id != after.Leader))
        {
            Require(world.Brokers[other.Value].IsUnclean, "S-R1", () => $"{Story()}, while broker {other} was eligible and has not crashed");
        }
    }
}
