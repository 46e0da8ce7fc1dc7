namespace RaftStream.Client;

/// <summary>One replica of the metadata: a node and the folder it was formatted with. A wiped disk is another replica.</summary>
public sealed record VoterKey(int NodeId, Guid DirectoryId);

/// <summary>A voter and where it is.</summary>
/// <param name="Endpoint">host:port of its quorum listener.</param>
public sealed record VoterDescription(VoterKey Key, string Endpoint);

/// <summary>The cluster as one node knows it.</summary>
/// <param name="AnsweredBy">That node.</param>
/// <param name="Leader">Node that leads the metadata quorum; -1 is nobody known.</param>
/// <param name="LeaderEpoch">Number of its reign.</param>
/// <param name="MetadataOffset">Exclusive end of the metadata that the answering node has applied.</param>
/// <param name="Voters">By node id.</param>
/// <param name="ActiveBrokers">Brokers that may lead partitions.</param>
public sealed record ClusterSummary(
    string ClusterId,
    int AnsweredBy,
    int Leader,
    int LeaderEpoch,
    long MetadataOffset,
    IReadOnlyList<VoterDescription> Voters,
    int Brokers,
    int ActiveBrokers,
    int Topics,
    int Partitions);

/// <summary>The metadata quorum as its leader sees it.</summary>
/// <param name="HighWatermark">Exclusive end of what is committed; null while a new leader does not know it.</param>
/// <param name="Replicas">Voters, then observers, by node id.</param>
public sealed record QuorumDescription(int Leader, int LeaderEpoch, long? HighWatermark, IReadOnlyList<QuorumReplicaDescription> Replicas);

/// <summary>How far one replica of the metadata is.</summary>
/// <param name="Endpoint">host:port of its quorum listener; empty for an observer.</param>
/// <param name="LogEndOffset">Null before its first fetch.</param>
/// <param name="DurableEnd">What it has on its disk for sure.</param>
/// <param name="LastFetchAge">Zero for the leader.</param>
public sealed record QuorumReplicaDescription(
    VoterKey Key, bool IsVoter, string Endpoint, long? LogEndOffset, long? DurableEnd, TimeSpan? LastFetchAge);

/// <summary>Whether a broker may lead.</summary>
public enum BrokerStatus
{
    /// <summary>A newer node's word for something this client does not know.</summary>
    Unknown,

    /// <summary>It may lead.</summary>
    Active,

    /// <summary>It does not: starting, or lost.</summary>
    Fenced,

    /// <summary>It hands its leaderships over.</summary>
    ShuttingDown,
}

/// <summary>One broker with what it holds.</summary>
/// <param name="Endpoint">host:port of its gRPC listener.</param>
/// <param name="Rack">Empty when it has none.</param>
/// <param name="BrokerEpoch">Number of its registration.</param>
/// <param name="Replicas">Partitions it has a replica of.</param>
/// <param name="Leaders">Partitions it leads.</param>
public sealed record ListedBrokerDescription(
    int NodeId, string Endpoint, string Rack, BrokerStatus Status, long BrokerEpoch, int Replicas, int Leaders);
