using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Partitions;

/// <summary>What readers need to know about a partition's role. Immutable; replaced as a whole .</summary>
/// <param name="IsLeader">True when this node leads.</param>
/// <param name="LeaderEpoch">The reign.</param>
/// <param name="State">The metadata in force; null before the first.</param>
/// <param name="Error">What clients are told when it is not the leader.</param>
internal sealed record PartitionRole(bool IsLeader, LeaderEpoch LeaderEpoch, PartitionState? State, ErrorCode Error)
{
    public static readonly PartitionRole None = new(false, LeaderEpoch.Unknown, null, ErrorCode.NotLeaderOrFollower);
}
