using RaftStream.Broker.Partitions;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R10: with flush=commit nothing is cut that any leader ever took for committed.</summary>
internal sealed class NothingCommittedIsCut(ClusterWorld world) : ClusterInvariant
{
    public override void Truncated(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica, long end)
    {
        world.Marks.Reach("log truncated");
        replica.Match(truth);
        bool isBehindIt = truth.LastUncleanEpoch >= 0 && replica.Start > truth.AcceptedEnd; // it has deleted all that the new leader has
        Require(!world.Options.FlushesOnCommit || isBehindIt || replica.Matching <= end, "S-R10", () =>
            $"{truth.Name}: broker {replica.Broker} cut to {end}, and held what is committed up to {replica.Matching}");
    }
}
