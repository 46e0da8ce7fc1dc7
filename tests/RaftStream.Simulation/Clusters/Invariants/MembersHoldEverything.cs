using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>S-R2: every member of ISR and ELR holds, with flush=commit durably, everything below the largest high watermark.</summary>
internal sealed class MembersHoldEverything(ClusterWorld world) : ClusterInvariant
{
    public override void MembersChanged(PartitionTruth truth)
    {
        if (truth.State is not { } state || truth.IsDeleted)
        {
            return;
        }

        foreach (Model.NodeId id in state.Isr.Concat(state.Elr))
        {
            ReplicaShadow member = truth.ReplicaOf(id.Value);
            if (member.MayLack(world.Options.FlushesOnCommit))
            {
                continue;
            }

            long holds = truth.HeldBy(member, world.Options.FlushesOnCommit);
            Require(holds >= truth.Committed.Count, "S-R2", () =>
                $"{truth.Name}: broker {id} is in isr {string.Join(",", state.Isr)} elr {string.Join(",", state.Elr)} and holds what is committed "
                + $"up to {holds} of {truth.Committed.Count} (log end {member.End}, durable {member.Durable}, equal up to {member.Matching})");
        }
    }
}
