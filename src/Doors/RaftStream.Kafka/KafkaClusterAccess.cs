using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Kafka;

/// <summary>What the door needs of the metadata quorum, whichever roles the node has. All members may be called from any thread.</summary>
public sealed record KafkaClusterAccess
{
    /// <summary>The quorum as its leader sees it; null with an error when there is none, or it does not answer in time.</summary>
    public required Func<CancellationToken, Task<(RaftResponse.DescribeQuorum? Quorum, ErrorCode Error)>> DescribeQuorumAsync { get; init; }

    /// <summary>Unregisters a broker through the leader; null is success.</summary>
    public required Func<NodeId, CancellationToken, Task<OperationError?>> UnregisterAsync { get; init; }
}
