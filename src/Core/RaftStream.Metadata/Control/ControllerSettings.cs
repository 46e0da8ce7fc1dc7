using System.Collections.Immutable;

namespace RaftStream.Metadata.Control;

/// <summary>What the controller's decisions go by besides the image; the same on every node that may be controller.</summary>
public sealed record ControllerSettings
{
    /// <summary>Defaults everywhere.</summary>
    public static readonly ControllerSettings Default = new();

    /// <summary>Partitions of a topic whose creator did not say (<c>num.partitions</c>).</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Replicas of a partition whose creator did not say (<c>default.replication.factor</c>).</summary>
    public int DefaultReplicationFactor { get; init; } = 1;

    /// <summary>Values that the node's configuration gives to topic keys, before those of cluster and topic.</summary>
    public ImmutableSortedDictionary<string, string> StaticTopicConfigs { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Records of one operation. Default 10,000: they are one batch, which is flushed, sent and replayed as a whole (C-14.2).</summary>
    public int MaxRecordsPerOperation { get; init; } = 10_000;

    /// <summary>Partitions of the whole cluster. Default 1,000,000: each costs about a kilobyte of memory on every node. Less where a node may not open as many files.</summary>
    public int MaxPartitions { get; init; } = 1_000_000;

    /// <summary>Rules that a test switches off.</summary>
    internal MetadataSabotage Sabotage { get; init; }

    internal bool Broke(MetadataSabotage rule) => (Sabotage & rule) != 0;
}
