using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R8: ISR and ELR are replicas and apart; nobody in the ISR is fenced, leaving or unknown; the leader is in it; an ELR only below the minimum.</summary>
internal sealed class IsrIsSound : ClusterInvariant
{
    public override void Committed(PartitionTruth truth, PartitionState? before, PartitionState after, MetadataImage image)
    {
        Require(after.Isr.All(id => after.Replicas.Contains(id)), "S-R8", () => $"{truth.Name}: isr outside the replicas");
        Require(after.Elr.All(id => after.Replicas.Contains(id) && !after.Isr.Contains(id)), "S-R8", () => $"{truth.Name}: elr outside the replicas, or in the isr");
        Require(after.Elr.IsEmpty || after.Isr.Length < after.MinIsr, "S-R8", () => $"{truth.Name}: elr beside a full isr");
        Require(after.Leader == NodeId.None || after.Isr.Contains(after.Leader), "S-R8", () => $"{truth.Name}: the leader is not in the isr");
        Require(after.RecoveryState == RecoveryState.Recovered || after.Isr.Length <= 1, "S-R8", () => $"{truth.Name}: somebody joined before the leader had recovered (R-8.7)");
        foreach (NodeId id in after.Isr)
        {
            Require(image.Brokers.IsActive(id), "S-R8", () => $"{truth.Name}: broker {id} in the isr is not active");
        }
    }
}
