using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Broker.Controller.Wire;

/// <summary>Reassignments and elections that operators ask for as messages, and back.</summary>
internal static class PartitionWire
{
    public static PartitionsToReassign ToWire(ControllerRequest.Reassign request) => new()
    {
        AllowFactorChange = request.AllowFactorChange,
        Partitions =
        {
            request.Reassignments.Select(one => new PartitionToReassign
            {
                Topic = WireValues.ToWire(one.Partition.Topic),
                Partition = one.Partition.Partition,
                Cancel = one.Target is null,
                Target = { (one.Target ?? []).Select(id => id.Value) },
            }),
        },
    };

    public static ControllerRequest.Reassign FromWire(PartitionsToReassign request) => new(
        [
            .. request.Partitions.Select(one => new Reassignment(
                new PartitionReference(WireValues.ToTopic(one.Topic), one.Partition),
                one.Cancel ? null : [.. one.Target.Select(id => new NodeId(id))])),
        ],
        request.AllowFactorChange);

    public static LeadersToElect ToWire(ControllerRequest.Elect request) => new()
    {
        Unclean = request.Kind == ElectionKind.Unclean,
        All = request.Partitions is null,
        Partitions =
        {
            (request.Partitions ?? []).Select(one => new NamedPartition { Topic = WireValues.ToWire(one.Topic), Partition = one.Partition }),
        },
    };

    public static ControllerRequest.Elect FromWire(LeadersToElect request) => new(
        request.Unclean ? ElectionKind.Unclean : ElectionKind.Preferred,
        request.All ? null : [.. request.Partitions.Select(one => new PartitionReference(WireValues.ToTopic(one.Topic), one.Partition))]);

    public static PartitionOutcomes ToWire(ImmutableArray<PartitionOutcome> outcomes) => new()
    {
        Partitions =
        {
            outcomes.Select(one => new PartitionAnswer
            {
                Topic = WireValues.ToWire(one.Topic),
                Partition = one.Partition,
                Error = WireValues.ToWire(one.Error),
            }),
        },
    };

    public static ImmutableArray<PartitionOutcome> FromWire(PartitionOutcomes answer) =>
        [.. answer.Partitions.Select(one => new PartitionOutcome(WireValues.ToTopic(one.Topic), one.Partition, WireValues.ToError(one.Error)))];
}
