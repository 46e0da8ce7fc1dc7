using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-S1, S-S4, S-S7: recovery yields a prefix of the log before, with all that was durable; after a clean stop all of it.</summary>
internal sealed class RecoveryKeepsTheDurable : ClusterInvariant
{
    public override void Recovered(BrokerProcess process, PartitionTruth truth, ReplicaShadow before, ReplicaShadow after)
    {
        long least = process.Directory.WasCleanShutdown ? before.End : Math.Min(before.Durable, before.Log!.DurableEnd.Value);
        Require(after.End >= least, "S-S1", () => $"{truth.Name}: broker {after.Broker} recovered up to {after.End}, and {least} was durable");
        long common = Math.Min(before.End, after.End);
        for (long offset = Math.Max(before.Start, after.Start); offset < common; offset++)
        {
            long at = offset;
            Require(before[offset] == after[offset], "S-S1", () => $"{truth.Name}: broker {after.Broker} recovered something else at {at} than was there");
        }
    }
}
