using RaftStream.Broker.Partitions;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Fetching;

/// <summary>Reads from followers (KIP-392): whom a leader names, and who may serve .</summary>
internal static class ReadReplicas
{
    /// <summary>The follower for a consumer in <paramref name="rack"/> at <paramref name="offset"/>; <see cref="NodeId.None"/> when there is none.</summary>
    /// <remarks>
    /// Every member of the ISR has the log up to the high watermark, and none begins its log behind its leader's start: an
    /// offset between the two is in the log of each (KAFKA-14372).
    /// </remarks>
    public static NodeId Choose(PartitionCell leader, BrokersImage brokers, string rack, Offset offset)
    {
        if (rack.Length == 0 || leader.Role is not { IsLeader: true, State: { } state }
            || offset > leader.HighWatermark || offset < leader.Log.LogStartOffset)
        {
            return NodeId.None;
        }

        foreach (NodeId id in state.Isr)
        {
            if (id != state.Leader && brokers.Find(id) is { IsActive: true } broker && broker.Rack == rack)
            {
                return id;
            }
        }

        return NodeId.None;
    }

    /// <summary>True when a broker may serve consumers of a partition that it follows: it is a replica, and not fenced as far as it knows.</summary>
    public static bool MayServe(PartitionRole role, BrokersImage brokers, NodeId self) =>
        role is { IsLeader: false, State: { } state } && state.Leader != NodeId.None
        && state.Replicas.Contains(self) && brokers.Find(self) is { Fenced: false };
}
