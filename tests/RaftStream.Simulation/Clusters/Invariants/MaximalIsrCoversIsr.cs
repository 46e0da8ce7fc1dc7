using RaftStream.Broker.Partitions;
using RaftStream.Model;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R6: a leader of the controller's epoch waits for every member of the controller's ISR.</summary>
internal sealed class MaximalIsrCoversIsr : ClusterInvariant
{
    public override void Changed(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica)
    {
        if (!cell.Role.IsLeader || truth.State is not { } state || cell.Role.LeaderEpoch != state.LeaderEpoch || truth.IsDeleted)
        {
            return;
        }

        List<NodeId> maximal = [.. cell.Leader.MaximalIsr];
        Require(state.Isr.All(maximal.Contains), "S-R6", () =>
            $"{truth.Name}: leader {process.Id} waits for {string.Join(",", maximal)}, and the isr is {string.Join(",", state.Isr)}");
    }
}
