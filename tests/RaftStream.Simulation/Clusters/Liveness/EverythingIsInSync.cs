using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Clusters.World;

namespace RaftStream.Simulation.Clusters.Liveness;

/// <summary>L-5, L-6: every broker is unfenced, every partition has a leader, and every replica is in sync.</summary>
internal static class EverythingIsInSync
{
    public static string? Wrong(ClusterWorld world)
    {
        MetadataImage image = world.Quorum.Image;
        if (world.Quorum.Leader is null)
        {
            return "L-5: there is no controller";
        }

        foreach (BrokerMachine broker in world.Brokers)
        {
            if (!broker.IsUp || !image.Brokers.IsActive(broker.Id))
            {
                return $"L-5: broker {broker.Id} is not active";
            }
        }

        if (image.Topics.PartitionCount == 0)
        {
            return "L-5: there is no topic";
        }

        foreach (TopicImage topic in image.Topics.InOrder())
        {
            foreach (PartitionState state in topic.Partitions)
            {
                if (state.Leader == NodeId.None)
                {
                    return $"L-5: {topic.Name}-{state.Partition} has no leader, isr {string.Join(",", state.Isr)} elr {string.Join(",", state.Elr)}";
                }

                if (state.Isr.Length < state.Replicas.Length || !state.Adding.IsEmpty || !state.Removing.IsEmpty)
                {
                    return $"L-6, L-7: {topic.Name}-{state.Partition} has isr {string.Join(",", state.Isr)} of {string.Join(",", state.Replicas)}, "
                        + $"adding {string.Join(",", state.Adding)}, removing {string.Join(",", state.Removing)}";
                }
            }
        }

        return null;
    }
}
