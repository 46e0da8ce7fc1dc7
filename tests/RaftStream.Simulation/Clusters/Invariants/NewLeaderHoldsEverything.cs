using RaftStream.Metadata.Images;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>
/// S-R1: who is made leader holds everything below the largest high watermark that any leader ever had. Unclean elections
/// are for <see cref="LossIsExcused"/>.
/// </summary>
internal sealed class NewLeaderHoldsEverything(ClusterWorld world) : ClusterInvariant
{
    public override void Committed(PartitionTruth truth, PartitionState? before, PartitionState after, MetadataImage image)
    {
        bool isElection = before is not null && after.LeaderEpoch > before.LeaderEpoch && after.Leader.Value >= 0;
        if (!isElection || after.LastUncleanEpoch == after.LeaderEpoch || truth.Committed.Count == 0)
        {
            return;
        }

        ReplicaShadow leader = truth.ReplicaOf(after.Leader.Value);
        if (leader.MayLack(world.Options.FlushesOnCommit))
        {
            return; // It is not there any more, and is taken out when it registers.
        }

        leader.Match(truth);
        long holds = leader.IsDown ? Math.Min(leader.Matching, leader.EffectiveEnd(world.Options.FlushesOnCommit)) : leader.Matching;
        Require(holds >= truth.Committed.Count, "S-R1", () =>
            $"{truth.Name}: broker {after.Leader} leads epoch {after.LeaderEpoch} and holds what is committed up to {holds} of {truth.Committed.Count}");
    }
}
