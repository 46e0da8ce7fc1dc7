using Microsoft.Extensions.Logging;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Controller;

/// <summary>Counts the elections that may have lost records and made this broker the leader .</summary>
internal sealed class UncleanElections(NodeId self, BrokerMetrics metrics, ILogger logger)
{
    /// <summary>Looks at what a change of the metadata did.</summary>
    public void Look(TopicsDelta delta, MetadataImage before, MetadataImage after)
    {
        foreach (TopicPartition changed in delta.ChangedPartitions)
        {
            TopicImage topic = after.Topics.ById[changed.TopicId];
            PartitionState state = topic.Partitions[changed.Partition];
            if (state.Leader == self && state.LastUncleanEpoch == state.LeaderEpoch && Before(before, changed) != state.LastUncleanEpoch)
            {
                metrics.ElectedUncleanly();
                BrokerLog.ElectedUncleanly(logger, topic.Name, changed.Partition, state.LeaderEpoch.Value);
            }
        }
    }

    private static LeaderEpoch Before(MetadataImage image, TopicPartition partition) =>
        image.Topics.Find(partition.TopicId) is { } topic && partition.Partition < topic.Partitions.Count
            ? topic.Partitions[partition.Partition].LastUncleanEpoch
            : LeaderEpoch.Unknown;
}
