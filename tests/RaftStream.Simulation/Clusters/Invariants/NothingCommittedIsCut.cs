using RaftStream.Broker.Partitions;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>
/// S-R10: with flush=commit nothing is cut that any leader ever took for committed; but for what lies below the log start of a
/// winner of an unclean election.
/// </summary>
internal sealed class NothingCommittedIsCut(ClusterWorld world) : ClusterInvariant
{
    public override void Truncated(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica, long end)
    {
        world.Marks.Reach("log truncated");
        replica.Match(truth);
        long least = Math.Max(Math.Max(end, replica.Start), truth.LastUncleanStart); // what was deleted below the start is not there to be cut
        Require(!world.Options.FlushesOnCommit || replica.Matching <= least, "S-R10", () =>
            $"{truth.Name}: broker {replica.Broker} cut to {end}, and held what is committed up to {replica.Matching}");
    }
}
