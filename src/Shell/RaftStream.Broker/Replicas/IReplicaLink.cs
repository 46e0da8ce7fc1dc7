using RaftStream.Broker.Partitions;
using RaftStream.Replication;

namespace RaftStream.Broker.Replicas;

/// <summary>A follower's way to one leader, shared by many partitions.</summary>
internal interface IReplicaLink
{
    /// <summary>The partition follows this leader from now on: it hears of connections that come and go.</summary>
    void Attach(PartitionCell cell);

    /// <summary>It does no longer.</summary>
    void Detach(PartitionCell cell);

    /// <summary>Sends a fetch; never waits. False when there is no connection: the partition is told when there is one.</summary>
    bool Send(PartitionCell cell, in FollowerFetch fetch);
}
