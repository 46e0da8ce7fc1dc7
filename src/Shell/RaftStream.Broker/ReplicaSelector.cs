namespace RaftStream.Broker;

/// <summary>Whom consumers read from; Kafka's <c>replica.selector.class</c>.</summary>
public enum ReplicaSelector
{
    /// <summary>Always the leader.</summary>
    Leader,

    /// <summary>An in-sync replica in the consumer's own rack where the leader is in another (KIP-392).</summary>
    Rack,
}
