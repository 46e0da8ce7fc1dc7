using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Raft.Messages;

/// <summary>An answer between replicas; built after the state changes of its request (section 7).</summary>
public abstract record RaftResponse
{
    private RaftResponse()
    {
    }

    /// <summary>What went wrong, or <see cref="ErrorCode.None"/>.</summary>
    public ErrorCode Error { get; init; }

    /// <summary>The answering node's epoch.</summary>
    public required LeaderEpoch LeaderEpoch { get; init; }

    /// <summary>Leader of that epoch as far as the answering node knows, or <see cref="NodeId.None"/>.</summary>
    public required NodeId LeaderId { get; init; }

    /// <summary>Where that leader is; null when unknown.</summary>
    public RaftEndpoint? LeaderEndpoint { get; init; }

    /// <summary>7.1.</summary>
    public sealed record Vote : RaftResponse
    {
        public required bool Granted { get; init; }
    }

    /// <summary>Answers BeginQuorumEpoch, EndQuorumEpoch, AddVoter, RemoveVoter, UpdateVoter, TransferLeadership.</summary>
    public sealed record Plain : RaftResponse;

    /// <summary>7.4. At most one of <see cref="Batches"/>, <see cref="Diverging"/>, <see cref="Snapshot"/> says something.</summary>
    /// <remarks>
    /// The leader's node leaves <see cref="Batches"/> empty and says in <see cref="ReadFrom"/> what to send; the shell reads and sends
    /// the bytes, and the receiving shell parses them into batches.
    /// </remarks>
    public sealed record Fetch : RaftResponse
    {
        public required Offset? HighWatermark { get; init; }
        public required Offset LogStart { get; init; }

        /// <summary>Leader side only: send whole batches from here, at most the request's bytes but at least one; null sends none.</summary>
        public Offset? ReadFrom { get; init; }

        /// <summary>Leader side only: most bytes to read.</summary>
        public int ReadMaxBytes { get; init; }

        /// <summary>Follower side only.</summary>
        public ImmutableArray<LogBatch> Batches { get; init; } = [];

        /// <summary>Where the leader's log has the end of that epoch (C-4.6); null is no divergence.</summary>
        public (LeaderEpoch Epoch, Offset EndOffset)? Diverging { get; init; }

        /// <summary>Fetch this snapshot first; null is none.</summary>
        public SnapshotId? Snapshot { get; init; }

        /// <summary>To be echoed by the next fetch (C-8.5).</summary>
        public long BarrierSeq { get; init; }
    }

    /// <summary>7.5. As with Fetch, the leader's shell reads <see cref="Bytes"/>, and fills <see cref="Size"/>.</summary>
    /// <remarks>A chunk whose crc was wrong never reaches the node. SNAPSHOT_NOT_FOUND and POSITION_OUT_OF_RANGE may be set by the shell.</remarks>
    public sealed record FetchSnapshot : RaftResponse
    {
        public required SnapshotId Snapshot { get; init; }
        public long Size { get; init; }
        public required long Position { get; init; }
        public ReadOnlyMemory<byte> Bytes { get; init; }

        /// <summary>Leader side only: most bytes to read.</summary>
        public int ReadMaxBytes { get; init; }
    }

    /// <summary>Answers DescribeQuorum.</summary>
    public sealed record DescribeQuorum : RaftResponse
    {
        public Offset? HighWatermark { get; init; }
        public VoterSet Voters { get; init; } = VoterSet.Empty;

        /// <summary>Voters and observers that the leader knows, itself included, in order of keys.</summary>
        public ImmutableArray<ReplicaProgress> Replicas { get; init; } = [];
    }
}

/// <summary>How far one replica is, as its leader sees it.</summary>
/// <param name="Key">Which.</param>
/// <param name="IsVoter">In the latest voter set.</param>
/// <param name="LogEnd">Its last fetch offset; null before its first fetch.</param>
/// <param name="DurableEnd">What it reported as flushed.</param>
/// <param name="LastFetchAgeMs">Milliseconds since its last fetch; null before its first, 0 for the leader.</param>
public sealed record ReplicaProgress(ReplicaKey Key, bool IsVoter, Offset? LogEnd, Offset? DurableEnd, long? LastFetchAgeMs);
