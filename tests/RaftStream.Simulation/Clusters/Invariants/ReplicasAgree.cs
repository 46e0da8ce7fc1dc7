using RaftStream.Broker.Partitions;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R3: replicas agree below their high watermarks: each equals there what is committed. After an unclean election, once they have read of its reign.</summary>
internal sealed class ReplicasAgree : ClusterInvariant
{
    public override void Changed(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica)
    {
        replica.Match(truth);
        Require(truth.MayHoldTheLost(replica) || replica.Matching >= Math.Min(replica.HighWatermark, replica.End), "S-R3", () =>
            $"{truth.Name}: broker {replica.Broker} takes {replica.HighWatermark} for committed and differs at {replica.Matching}");
    }
}
