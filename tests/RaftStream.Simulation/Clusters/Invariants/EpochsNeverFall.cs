using RaftStream.Metadata.Images;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R11: epochs of a partition never fall, and each change is the next partition epoch.</summary>
internal sealed class EpochsNeverFall : ClusterInvariant
{
    public override void Committed(PartitionTruth truth, PartitionState? before, PartitionState after, MetadataImage image)
    {
        if (before is not null)
        {
            Require(after.PartitionEpoch.Value == before.PartitionEpoch.Value + 1, "S-R11", () =>
                $"{truth.Name}: partition epoch {before.PartitionEpoch} became {after.PartitionEpoch}");
            Require(after.LeaderEpoch >= before.LeaderEpoch, "S-R11", () => $"{truth.Name}: leader epoch {before.LeaderEpoch} became {after.LeaderEpoch}");
        }
    }
}
