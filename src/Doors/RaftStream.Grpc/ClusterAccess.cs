using RaftStream.Metadata;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Grpc;

/// <summary>What the service Cluster needs of a node, whichever roles it has. All members may be called from any thread.</summary>
public sealed record ClusterAccess
{
    /// <summary>The cluster; all zeros before that is known.</summary>
    public required Func<Guid> ClusterId { get; init; }

    /// <summary>This node.</summary>
    public required NodeId NodeId { get; init; }

    /// <summary>Leader (or <see cref="NodeId.None"/>), epoch and voters as this node knows them.</summary>
    public required Func<(NodeId Leader, LeaderEpoch Epoch, VoterSet Voters)> Quorum { get; init; }

    /// <summary>The committed metadata as far as this node has it.</summary>
    public required Func<MetadataImage> Image { get; init; }

    /// <summary>Has a request answered by the leader, wherever that is; the answer's error says when there is none.</summary>
    public required Func<RaftRequest, CancellationToken, Task<RaftResponse>> AskLeaderAsync { get; init; }

    /// <summary>Unregisters a broker through the leader, or by force also one that holds replicas; null is success.</summary>
    public required Func<NodeId, bool, CancellationToken, Task<OperationError?>> UnregisterAsync { get; init; }
}
