using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>One topic incarnation.</summary>
/// <param name="Id">Names this incarnation for ever.</param>
/// <param name="Name">Unique among living topics.</param>
/// <param name="Partitions">By number, from 0, without gaps; a balanced tree, so that one change costs its logarithm.</param>
public sealed record TopicImage(TopicId Id, string Name, ImmutableList<PartitionState> Partitions);

/// <summary>All topics at one offset of the metadata log. Immutable.</summary>
public sealed record TopicsImage
{
    /// <summary>No topics.</summary>
    public static readonly TopicsImage Empty = new()
    {
        ById = ImmutableDictionary<TopicId, TopicImage>.Empty,
        ByName = ImmutableSortedDictionary.Create<string, TopicId>(StringComparer.Ordinal),
        NamesByCollisionKey = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal),
        PartitionCount = 0,
    };

    /// <summary>Topics by id; not in any order.</summary>
    public required ImmutableDictionary<TopicId, TopicImage> ById { get; init; }

    /// <summary>Ids by name, in ordinal order of names: the order in which topics are listed.</summary>
    public required ImmutableSortedDictionary<string, TopicId> ByName { get; init; }

    /// <summary>Names by <see cref="CollisionKey"/>.</summary>
    public required ImmutableDictionary<string, string> NamesByCollisionKey { get; init; }

    /// <summary>Partitions of all topics.</summary>
    public required int PartitionCount { get; init; }

    /// <summary>Topics that are gone, the last of them.</summary>
    public RemovedTopics Removed { get; init; } = RemovedTopics.Empty;

    /// <summary>Partitions by replica.</summary>
    internal BrokerIndex ByBroker { get; init; } = BrokerIndex.Empty;

    /// <summary>Names that differ only in '.' and '_' would share metric names (Kafka's rule): such names have the same key.</summary>
    public static string CollisionKey(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Replace('.', '_');
    }

    /// <summary>The topic of this name, or null.</summary>
    public TopicImage? Find(string name) => ByName.TryGetValue(name, out TopicId id) ? ById[id] : null;

    /// <summary>The topic of this id, or null.</summary>
    public TopicImage? Find(TopicId id) => ById.GetValueOrDefault(id);

    /// <summary>All topics, in ordinal order of names.</summary>
    public IEnumerable<TopicImage> InOrder() => ByName.Values.Select(id => ById[id]);

    /// <summary>Partitions that have the broker as a replica, in ordinal order of topic names; costs grow with their number.</summary>
    public IEnumerable<(TopicImage Topic, PartitionState Partition)> OfBroker(NodeId broker) =>
        ByBroker.Of(broker)
            .Select(topic => (Topic: ById[topic.Key], Set: topic.Value))
            .OrderBy(topic => topic.Topic.Name, StringComparer.Ordinal)
            .SelectMany(topic => topic.Set.InOrder(), (topic, number) => (topic.Topic, topic.Topic.Partitions[number]));
}
