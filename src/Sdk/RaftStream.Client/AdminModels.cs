namespace RaftStream.Client;

/// <summary>A topic to be created.</summary>
public sealed record TopicSpec
{
    /// <summary>1 to 249 of <c>a-z A-Z 0-9 . _ -</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Null is the cluster's default.</summary>
    public int? Partitions { get; init; }

    /// <summary>Copies of each partition; null is the cluster's default.</summary>
    public int? ReplicationFactor { get; init; }

    /// <summary>Kafka's topic configs, e.g. <c>retention.ms</c>; what is not named has its default.</summary>
    public IReadOnlyDictionary<string, string> Configs { get; init; } = new Dictionary<string, string>();
}

/// <summary>The cluster as one of its brokers sees it.</summary>
/// <param name="ClusterId">Given once, when the cluster was made.</param>
/// <param name="ControllerId">Node that leads the metadata quorum; -1 is unknown.</param>
/// <param name="Brokers">By node id.</param>
public sealed record ClusterDescription(string ClusterId, int ControllerId, IReadOnlyList<BrokerDescription> Brokers);

/// <summary>One broker.</summary>
/// <param name="Endpoint">host:port of its gRPC listener.</param>
/// <param name="Rack">Empty when it has none.</param>
/// <param name="IsFenced">True while it may not lead: starting, stopping or lost.</param>
public sealed record BrokerDescription(int NodeId, string Endpoint, string Rack, bool IsFenced);

/// <summary>One topic.</summary>
/// <param name="Id">Stays with this topic; a topic made later under the same name has another.</param>
/// <param name="Partitions">By number.</param>
public sealed record TopicDescription(
    string Name, Guid Id, bool IsInternal, IReadOnlyList<PartitionDescription> Partitions);

/// <summary>One partition and who has it.</summary>
/// <param name="Leader">Node id; -1 is none.</param>
/// <param name="LeaderEpoch">Number of the leader's reign.</param>
/// <param name="Replicas">Node ids, the preferred leader first.</param>
/// <param name="Isr">Node ids of the replicas that are caught up, the leader included.</param>
public sealed record PartitionDescription(
    int Partition, int Leader, int LeaderEpoch, IReadOnlyList<int> Replicas, IReadOnlyList<int> Isr)
{
    /// <summary>Node ids of eligible leader replicas: they left the ISR while it was below min.insync.replicas, and have every acknowledged record (KIP-966).</summary>
    public IReadOnlyList<int> Elr { get; init; } = [];

    /// <summary>Those of the replicas that a reassignment under way adds.</summary>
    public IReadOnlyList<int> Adding { get; init; } = [];

    /// <summary>Those of the replicas that go when it ends.</summary>
    public IReadOnlyList<int> Removing { get; init; } = [];
}

/// <summary>Where a config value was set.</summary>
public enum ConfigOrigin
{
    /// <summary>A newer broker's word for something this client does not know.</summary>
    Unknown,

    /// <summary>Nowhere: the built-in value.</summary>
    Default,

    /// <summary>In a broker's settings.</summary>
    Static,

    /// <summary>For all brokers, at run time.</summary>
    Cluster,

    /// <summary>For one broker, at run time.</summary>
    Broker,

    /// <summary>For the topic.</summary>
    Topic,
}

/// <summary>One config key with its value in force.</summary>
/// <param name="Type">string, int, long, boolean, list or double.</param>
public sealed record ConfigDescription(
    string Key, string Value, ConfigOrigin Origin, bool IsReadOnly, string Type, string Documentation);

/// <summary>One replica's log on the broker that was asked.</summary>
/// <param name="SizeBytes">On disk.</param>
/// <param name="LogStartOffset">First kept offset.</param>
/// <param name="LogEndOffset">Offset of the next record.</param>
/// <param name="HighWatermark">End, exclusive, of what consumers may read.</param>
/// <param name="DurableEnd">End, exclusive, of what is known to be on disk.</param>
public sealed record LogDescription(
    NamedPartition Partition, long SizeBytes, long LogStartOffset, long LogEndOffset, long HighWatermark, long DurableEnd, int Segments);

/// <summary>A partition's log as its leader has it.</summary>
/// <param name="Leader">Node id; -1 is none.</param>
/// <param name="Log">Null when the leader did not say.</param>
/// <param name="Error">Why it did not; null when it did.</param>
public sealed record LeaderLog(NamedPartition Partition, int Leader, LogDescription? Log, RaftStreamException? Error);

/// <summary>The answer to a question for an offset.</summary>
/// <param name="Offset">-1 when there is no such record.</param>
/// <param name="TimestampMs">Of the record found, milliseconds since 1970 UTC; -1 when the question was for an end of the log.</param>
/// <param name="LeaderEpoch">Reign in which the record was written.</param>
public sealed record OffsetAnswer(NamedPartition Partition, long Offset, long TimestampMs, int LeaderEpoch);

/// <summary>What became of one topic in a request for many.</summary>
/// <param name="Error">Null is success.</param>
public sealed record TopicOutcome(string Name, Guid Id, int Partitions, int ReplicationFactor, RaftStreamException? Error)
{
    /// <summary>Throws the error, if there is one.</summary>
    /// <exception cref="RaftStreamException">The topic's failure.</exception>
    public TopicOutcome ThrowIfFailed() => Error is null ? this : throw Error;
}
