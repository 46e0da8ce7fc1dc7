using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>A partition as an operator names it.</summary>
/// <param name="Topic">By name or id.</param>
/// <param name="Partition">Its number.</param>
public sealed record PartitionReference(TopicReference Topic, int Partition)
{
    /// <summary>The partition, or what is wrong with the reference.</summary>
    internal (TopicImage? Topic, PartitionState? State, OperationError? Error) Resolve(TopicsImage topics)
    {
        (TopicImage? topic, OperationError? error) = Topic.Resolve(topics);
        if (topic is null)
        {
            return (null, null, error);
        }

        return Partition >= 0 && Partition < topic.Partitions.Count
            ? (topic, topic.Partitions[Partition], null)
            : (null, null, new OperationError(
                ErrorCode.UnknownTopicOrPartition, $"Topic '{topic.Name}' has {topic.Partitions.Count} partitions; there is no partition {Partition}."));
    }
}

/// <summary>What became of a request about one partition.</summary>
/// <param name="Topic">Name and id, as far as known.</param>
/// <param name="Partition">Its number.</param>
/// <param name="Error">Null is success.</param>
public sealed record PartitionOutcome(TopicReference Topic, int Partition, OperationError? Error);
