using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Client.Routing;

/// <summary>What a client knows of the cluster at one moment; never changes, is replaced.</summary>
internal sealed record ClusterView(
    string ClusterId,
    ImmutableDictionary<int, string> Endpoints,
    ImmutableDictionary<string, TopicView> Topics)
{
    public static readonly ClusterView Empty = new(
        "", ImmutableDictionary<int, string>.Empty, ImmutableDictionary<string, TopicView>.Empty);

    /// <summary>The endpoint of a partition's leader; null when the partition or its leader is not known.</summary>
    public string? LeaderOf(NamedPartition partition)
    {
        if (!Topics.TryGetValue(partition.Topic, out TopicView? topic)
            || (uint)partition.Partition >= (uint)topic.Partitions.Length)
        {
            return null;
        }

        return Endpoints.GetValueOrDefault(topic.Partitions[partition.Partition].Leader.Value);
    }
}

/// <summary>One topic; its partitions are numbered from 0 without gaps.</summary>
internal sealed record TopicView(string Name, TopicId Id, ImmutableArray<PartitionView> Partitions);

/// <summary>Who leads a partition, and since which reign.</summary>
internal readonly record struct PartitionView(NodeId Leader, LeaderEpoch LeaderEpoch);
