using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Raft.Messages;

/// <summary>A request between replicas (section 7 of the consensus rules).</summary>
public abstract record RaftRequest
{
    private RaftRequest()
    {
    }

    /// <summary>The sender's cluster; another one, or none, is refused (INCONSISTENT_CLUSTER_ID).</summary>
    public required Guid? ClusterId { get; init; }

    /// <summary>7.1; with <see cref="PreVote"/> it asks what would be answered and changes nothing durable.</summary>
    public sealed record Vote : RaftRequest
    {
        public required LeaderEpoch Epoch { get; init; }
        public required ReplicaKey Candidate { get; init; }
        public required ReplicaKey Target { get; init; }
        public required LeaderEpoch LastEpoch { get; init; }
        public required Offset LastOffset { get; init; }
        public required bool PreVote { get; init; }
    }

    /// <summary>7.2.</summary>
    public sealed record BeginQuorumEpoch : RaftRequest
    {
        public required LeaderEpoch Epoch { get; init; }
        public required NodeId LeaderId { get; init; }
        public required RaftEndpoint LeaderEndpoint { get; init; }
        public required ReplicaKey Target { get; init; }
    }

    /// <summary>7.3.</summary>
    public sealed record EndQuorumEpoch : RaftRequest
    {
        public required LeaderEpoch Epoch { get; init; }
        public required NodeId LeaderId { get; init; }
        public required RaftEndpoint LeaderEndpoint { get; init; }
        public required ImmutableArray<ReplicaKey> PreferredSuccessors { get; init; }
    }

    /// <summary>7.4.</summary>
    public sealed record Fetch : RaftRequest
    {
        public required LeaderEpoch Epoch { get; init; }
        public required ReplicaKey Replica { get; init; }
        public required Offset FetchOffset { get; init; }
        public required LeaderEpoch LastFetchedEpoch { get; init; }
        public required Offset DurableEnd { get; init; }

        /// <summary>The sender's high watermark, or null.</summary>
        public required Offset? KnownHighWatermark { get; init; }
        public required int MaxBytes { get; init; }
        public required int MaxWaitMs { get; init; }

        /// <summary>The last barrier number seen from this leader; 0 is none (C-8.5).</summary>
        public required long BarrierEcho { get; init; }
    }

    /// <summary>7.5.</summary>
    public sealed record FetchSnapshot : RaftRequest
    {
        public required LeaderEpoch Epoch { get; init; }
        public required ReplicaKey Replica { get; init; }
        public required SnapshotId Snapshot { get; init; }
        public required long Position { get; init; }
        public required int MaxBytes { get; init; }
    }

    /// <summary>C-11.3.</summary>
    public sealed record AddVoter : RaftRequest
    {
        public required Voter Voter { get; init; }
        public required int TimeoutMs { get; init; }

        /// <summary>False answers once the record is appended.</summary>
        public bool AckWhenCommitted { get; init; } = true;
    }

    /// <summary>C-11.4.</summary>
    public sealed record RemoveVoter : RaftRequest
    {
        public required ReplicaKey Key { get; init; }
        public required int TimeoutMs { get; init; }
    }

    /// <summary>C-11.5.</summary>
    public sealed record UpdateVoter : RaftRequest
    {
        public required LeaderEpoch Epoch { get; init; }
        public required Voter Voter { get; init; }
    }

    /// <summary>Who leads, who votes, who follows and how far; answered by the leader.</summary>
    public sealed record DescribeQuorum : RaftRequest;

    /// <summary>Asks the leader to hand over; <see cref="Preferred"/> is tried first when it is a voter.</summary>
    public sealed record TransferLeadership : RaftRequest
    {
        public required NodeId Preferred { get; init; }
    }
}
