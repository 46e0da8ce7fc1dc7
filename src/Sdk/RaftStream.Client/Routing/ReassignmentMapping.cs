using RaftStream.Client.V1;

namespace RaftStream.Client.Routing;

/// <summary>Reassignments on the wire as the values that <see cref="Client.Admin"/> gives, and back.</summary>
internal static class ReassignmentMapping
{
    public static PartitionReassignment ToWire(NamedPartition partition, IReadOnlyList<int> replicas)
    {
        var wire = new PartitionReassignment { Topic = AdminMapping.ToRef(partition.Topic), Partition = partition.Partition };
        wire.Replicas.AddRange(replicas);
        return wire;
    }

    public static PlanPartitionReassignmentsRequest ToWire(ReassignmentWish wish)
    {
        var request = new PlanPartitionReassignmentsRequest();
        request.AddBrokers.AddRange(wish.AddBrokers);
        request.RemoveBrokers.AddRange(wish.RemoveBrokers);
        request.Brokers.AddRange(wish.Brokers);
        request.Topics.AddRange(wish.Topics.Select(AdminMapping.ToRef));
        return request;
    }

    public static PartitionOutcome ToOutcome(PartitionResult result) =>
        new(new NamedPartition(result.Topic.Name, result.Partition), RpcErrors.ToException(result.Error));

    public static PlannedMove ToPlanned(PlannedReassignment move) =>
        new(new NamedPartition(move.Topic.Name, move.Partition), [.. move.Current], [.. move.Target]);

    public static ReassignmentDescription ToDescription(OngoingReassignment move) => new(
        new NamedPartition(move.Topic.Name, move.Partition), [.. move.Replicas], [.. move.Adding], [.. move.Removing], [.. move.Isr], move.Leader);
}
