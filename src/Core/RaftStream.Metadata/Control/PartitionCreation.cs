using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>The first state of a partition: leader epoch 0, partition epoch 0 .</summary>
internal static class PartitionCreation
{
    public static MetadataRecord Record(
        BrokersImage brokers, TopicId topicId, int partition, ImmutableArray<NodeId> replicas, TopicSettings settings)
    {
        // A fenced broker is never in an ISR. Below the minimum nothing is committed, so who is outside holds everything that is
        // whoever comes back may lead, also when the few in the ISR never do.
        ImmutableArray<NodeId> isr = [.. replicas.Where(brokers.IsActive)];
        int minIsr = Math.Min(settings.MinInsyncReplicas, replicas.Length);
        var state = new PartitionState
        {
            Partition = partition,
            Replicas = replicas,
            Isr = isr,
            Elr = isr.Length < minIsr ? replicas.RemoveRange(isr) : [],
            Leader = isr.IsEmpty ? NodeId.None : isr[0],
            LeaderEpoch = new LeaderEpoch(0),
            PartitionEpoch = new PartitionEpoch(0),
            MinIsr = minIsr,
            Flush = settings.Flush,
        };
        state.CheckInvariants();
        return new MetadataRecord { Partition = RecordFields.Record(topicId, state) };
    }
}
