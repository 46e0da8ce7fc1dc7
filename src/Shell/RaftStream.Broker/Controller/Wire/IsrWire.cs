using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker.Controller.Wire;

/// <summary>Proposals of ISRs and their outcomes as messages, and back .</summary>
internal static class IsrWire
{
    public static PartitionsToAlter ToWire(ControllerRequest.AlterPartitions alter) => new()
    {
        BrokerId = alter.Broker.Value,
        BrokerEpoch = alter.Epoch.Value,
        Partitions = { alter.Proposals.Select(ToWire) },
    };

    public static ControllerRequest.AlterPartitions FromWire(PartitionsToAlter request) => new(
        new NodeId(request.BrokerId), new BrokerEpoch(request.BrokerEpoch), [.. request.Partitions.Select(FromWire)]);

    public static AlteredPartitions ToWire(IReadOnlyList<IsrOutcome> outcomes) => new() { Partitions = { outcomes.Select(ToWire) } };

    public static IReadOnlyList<IsrOutcome> FromWire(AlteredPartitions answer) => [.. answer.Partitions.Select(FromWire)];

    private static PartitionToAlter ToWire(IsrProposal proposal) => new()
    {
        TopicId = WireValues.ToWire(proposal.Partition.TopicId.Value),
        Partition = proposal.Partition.Partition,
        LeaderEpoch = proposal.LeaderEpoch.Value,
        PartitionEpoch = proposal.PartitionEpoch.Value,
        NewIsr = { proposal.NewIsr.Select(member => new ProposedMember { BrokerId = member.Id.Value, BrokerEpoch = member.Epoch.Value }) },
        Recovering = proposal.RecoveryState == RecoveryState.Recovering,
    };

    private static IsrProposal FromWire(PartitionToAlter wire) => new(
        new TopicPartition(new TopicId(WireValues.ToGuid(wire.TopicId)), wire.Partition),
        new LeaderEpoch(wire.LeaderEpoch),
        new PartitionEpoch(wire.PartitionEpoch),
        [.. wire.NewIsr.Select(member => new IsrMember(new NodeId(member.BrokerId), new BrokerEpoch(member.BrokerEpoch)))],
        wire.Recovering ? RecoveryState.Recovering : RecoveryState.Recovered);

    private static AlteredPartition ToWire(IsrOutcome outcome)
    {
        var wire = new AlteredPartition
        {
            TopicId = WireValues.ToWire(outcome.Partition.TopicId.Value),
            Partition = outcome.Partition.Partition,
            Error = (int)outcome.Error,
        };
        if (outcome.State is { } state)
        {
            wire.State = state.ToRecord(outcome.Partition.TopicId);
        }

        return wire;
    }

    private static IsrOutcome FromWire(AlteredPartition wire) => new(
        new TopicPartition(new TopicId(WireValues.ToGuid(wire.TopicId)), wire.Partition),
        WireValues.ToErrorCode(wire.Error),
        wire.State is { } state ? Checked(PartitionState.FromRecord(state)) : null);

    /// <summary>A state that no image could hold fails here, where only the call is lost.</summary>
    private static PartitionState Checked(PartitionState state)
    {
        state.CheckInvariants();
        return state;
    }
}
