using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Liveness;

/// <summary>L-5: every broker that runs is unfenced, and every partition whose replicas are up has a leader, if any of them may lead.</summary>
public static class EveryPartitionIsLed
{
    /// <summary>Null, or what is wrong.</summary>
    public static string? Wrong(QuorumWorld world)
    {
        if (world.Leader?.Replica is not { } replica)
        {
            return "L-5: nobody knows which partitions there are";
        }

        MetadataImage image = replica.Controller.Committed;
        foreach (SimulatedNode node in world.Nodes.Where(node => node is { IsUp: true, CanVote: false }))
        {
            if (image.Brokers.Find(new NodeId(node.Id)) is not { Fenced: false, ShuttingDown: false })
            {
                return $"L-5: broker {node.Id} is fenced";
            }
        }

        return WithoutLeader(world, image);
    }

    /// <summary>Null, or a partition of this image without a leader, all of whose replicas are up.</summary>
    public static string? WithoutLeader(QuorumWorld world, MetadataImage image)
    {
        foreach (TopicImage topic in image.Topics.InOrder())
        {
            foreach (PartitionState partition in topic.Partitions)
            {
                bool isUp = partition.Replicas.All(id => world.Nodes.Any(node => node.Id == id.Value && node.IsUp));
                if (isUp && partition.Leader == NodeId.None)
                {
                    return $"L-5: {topic.Name}-{partition.Partition} has no leader, and its replicas {List(partition.Replicas)} are up: "
                        + $"isr {List(partition.Isr)}, elr {List(partition.Elr)}, last led by {partition.LastKnownLeader}";
                }
            }
        }

        return null;
    }

    private static string List(IEnumerable<NodeId> nodes) => $"[{string.Join(", ", nodes)}]";
}
