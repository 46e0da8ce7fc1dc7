using System.Collections.Immutable;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>A member of a proposed ISR.</summary>
/// <param name="Id">The replica.</param>
/// <param name="Epoch">The registration whose fetches the leader goes by (KIP-903); <see cref="BrokerEpoch.None"/>: not known, for members.</param>
public sealed record IsrMember(NodeId Id, BrokerEpoch Epoch);

/// <summary>What a leader asks for one partition .</summary>
/// <param name="Partition">Which.</param>
/// <param name="LeaderEpoch">The reign that asks.</param>
/// <param name="PartitionEpoch">The state that the leader goes by.</param>
/// <param name="NewIsr">The ISR to have, the leader in it; equal to the present one it only moves the partition epoch .</param>
/// <param name="RecoveryState">Recovered ends the recovery after an unclean election .</param>
public sealed record IsrProposal(
    TopicPartition Partition,
    LeaderEpoch LeaderEpoch,
    PartitionEpoch PartitionEpoch,
    ImmutableArray<IsrMember> NewIsr,
    RecoveryState RecoveryState);

/// <summary>What became of one proposal.</summary>
/// <param name="Partition">Which.</param>
/// <param name="Error">Why it was not carried out; NEW_LEADER_ELECTED when it was, and ended a reassignment that took the leadership away.</param>
/// <param name="State">The state after; null with an error.</param>
public sealed record IsrOutcome(TopicPartition Partition, ErrorCode Error, PartitionState? State);
