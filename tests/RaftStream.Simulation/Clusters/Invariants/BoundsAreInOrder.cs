using RaftStream.Broker.Partitions;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R14: log start, high watermark and log end are in order, and nothing beyond the end is durable.</summary>
internal sealed class BoundsAreInOrder : ClusterInvariant
{
    public override void Changed(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica) =>
        Require(
            replica.Start <= replica.HighWatermark && replica.HighWatermark <= replica.End && replica.Durable <= replica.End,
            "S-R14",
            () => $"{truth.Name}: broker {replica.Broker} has start {replica.Start}, high watermark {replica.HighWatermark}, durable {replica.Durable}, end {replica.End}");
}
