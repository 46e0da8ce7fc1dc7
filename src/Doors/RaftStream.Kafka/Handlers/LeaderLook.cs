using RaftStream.Kafka.Protocol;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers;

/// <summary>A partition's replicas as the clients of one listener see them.</summary>
internal static class LeaderLook
{
    /// <summary>The leader, when clients of the listener can reach it; else why they cannot.</summary>
    public static (NodeId Leader, ErrorCode Error) Of(PartitionState state, MetadataImage image, string listener) =>
        image.Brokers.Find(state.Leader) is not { Fenced: false } leader ? (NodeId.None, ErrorCode.LeaderNotAvailable) // nobody, or about to be replaced
        : KafkaEndpoints.Find(leader, listener) is not null ? (state.Leader, ErrorCode.None)
        : (NodeId.None, ErrorCode.ListenerNotFound);

    /// <summary>Appends the replicas that are down.</summary>
    public static void WriteOffline(ValueList<int> list, PartitionState state, MetadataImage image)
    {
        foreach (NodeId replica in state.Replicas)
        {
            if (image.Brokers.Find(replica) is not { Fenced: false })
            {
                list.Add(replica.Value);
            }
        }
    }
}
