using System.Collections.Immutable;
using Google.Protobuf;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Controller.Wire;

/// <summary>Topics to create and to grow as messages, and back.</summary>
internal static class TopicWire
{
    public static TopicToCreate ToWire(NewTopic topic) => new()
    {
        Name = topic.Name,
        Id = topic.Id == TopicId.None ? ByteString.Empty : WireValues.ToWire(topic.Id.Value),
        Partitions = topic.Partitions,
        ReplicationFactor = topic.ReplicationFactor,
        Configs = { topic.Configs },
        Assignments =
        {
            topic.Assignments.Select(pair => new AssignedPartition { Partition = pair.Key, Replicas = { pair.Value.Select(id => id.Value) } }),
        },
    };

    public static NewTopic FromWire(TopicToCreate topic) => new()
    {
        Name = topic.Name,
        Id = new TopicId(WireValues.ToGuid(topic.Id)),
        Partitions = topic.Partitions,
        ReplicationFactor = topic.ReplicationFactor,
        Configs = ConfigsImage.NoValues.AddRange(topic.Configs),
        Assignments = topic.Assignments.DistinctBy(one => one.Partition).ToImmutableSortedDictionary(
            one => one.Partition, one => one.Replicas.Select(id => new NodeId(id)).ToImmutableArray()),
    };

    public static TopicToGrow ToWire(NewPartitions topic) => new()
    {
        Topic = WireValues.ToWire(topic.Topic),
        Count = topic.Count,
        Assignments =
        {
            topic.Assignments.IsDefault ? [] : topic.Assignments.Select(replicas => new AssignedReplicas { Replicas = { replicas.Select(id => id.Value) } }),
        },
    };

    public static NewPartitions FromWire(TopicToGrow topic) => new(
        WireValues.ToTopic(topic.Topic),
        topic.Count,
        [.. topic.Assignments.Select(one => one.Replicas.Select(id => new NodeId(id)).ToImmutableArray())]);
}
