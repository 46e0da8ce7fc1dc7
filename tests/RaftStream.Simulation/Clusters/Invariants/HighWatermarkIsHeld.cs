using RaftStream.Broker.Partitions;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R5: a leader's high watermark is held by every member of the controller's ISR of the same epoch.</summary>
internal sealed class HighWatermarkIsHeld(ClusterWorld world) : ClusterInvariant
{
    public override void Changed(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica)
    {
        if (!cell.Role.IsLeader || truth.State is not { } state || cell.Role.LeaderEpoch != state.LeaderEpoch || truth.IsDeleted)
        {
            return;
        }

        foreach (Model.NodeId id in state.Isr)
        {
            ReplicaShadow member = truth.ReplicaOf(id.Value);
            bool isExcused = member.MayLack(world.Options.FlushesOnCommit);
            Require(isExcused || member.EffectiveEnd(world.Options.FlushesOnCommit) >= replica.HighWatermark, "S-R5", () =>
                $"{truth.Name}: leader {process.Id} takes {replica.HighWatermark} for committed, and broker {id} of the isr holds {member.EffectiveEnd(world.Options.FlushesOnCommit)}");
        }
    }
}
