using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>A topic to create.</summary>
public sealed record NewTopic
{
    /// <summary>Its name; checked.</summary>
    public required string Name { get; init; }

    /// <summary>Its id, chosen by who asks, so that asking again does not fail on what it did itself (C-14.4); <see cref="TopicId.None"/> leaves it to the controller.</summary>
    public TopicId Id { get; init; }

    /// <summary>Number of partitions; 0 is the cluster's default.</summary>
    public int Partitions { get; init; }

    /// <summary>Replicas of each partition; 0 is the cluster's default.</summary>
    public int ReplicationFactor { get; init; }

    /// <summary>Instead of the two numbers: replicas by partition number.</summary>
    public ImmutableSortedDictionary<int, ImmutableArray<NodeId>> Assignments { get; init; } =
        ImmutableSortedDictionary<int, ImmutableArray<NodeId>>.Empty;

    /// <summary>Values of topic configs by key; checked.</summary>
    public ImmutableSortedDictionary<string, string> Configs { get; init; } = Images.ConfigsImage.NoValues;
}

/// <summary>What became of one topic in a request.</summary>
/// <param name="Topic">The topic as the client named it, with the name and id that are known.</param>
/// <param name="Error">Null is success.</param>
/// <param name="Partitions">Partitions that it has then.</param>
/// <param name="ReplicationFactor">Replicas of the first partition.</param>
public sealed record TopicOutcome(TopicReference Topic, OperationError? Error, int Partitions = 0, int ReplicationFactor = 0);
