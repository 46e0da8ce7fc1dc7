using RaftStream.Broker.Partitions;
using RaftStream.Metadata.Images;
using RaftStream.Simulation.Clusters.World;
using RaftStream.Simulation.Quorums.Invariants;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>A rule that holds at every moment; told of everything, and throws when it is broken.</summary>
internal abstract class ClusterInvariant
{
    /// <summary>A process has opened a log: what was before, and what recovery left.</summary>
    public virtual void Recovered(BrokerProcess process, PartitionTruth truth, ReplicaShadow before, ReplicaShadow after)
    {
    }

    /// <summary>A log grew from this offset on.</summary>
    public virtual void Appended(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica, long from)
    {
    }

    /// <summary>A log is about to be taken for cut to this end.</summary>
    public virtual void Truncated(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica, long end)
    {
    }

    /// <summary>A replica of a live process has dealt with an event, and something of it is new.</summary>
    public virtual void Changed(BrokerProcess process, PartitionCell cell, PartitionTruth truth, ReplicaShadow replica)
    {
    }

    /// <summary>Metadata, what is committed, or a member of ISR or ELR has changed.</summary>
    public virtual void MembersChanged(PartitionTruth truth)
    {
    }

    /// <summary>The metadata log has committed another state of a partition.</summary>
    public virtual void Committed(PartitionTruth truth, PartitionState? before, PartitionState after, MetadataImage image)
    {
    }

    /// <summary>Stops the run.</summary>
    protected static void Require(bool holds, string rule, Func<string> what)
    {
        if (!holds)
        {
            throw new RuleBrokenException($"{rule}: {what()}");
        }
    }
}
