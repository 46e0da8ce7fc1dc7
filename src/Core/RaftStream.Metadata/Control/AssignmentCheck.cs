using System.Collections.Immutable;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Checks replicas that a client chose.</summary>
internal static class AssignmentCheck
{
    /// <summary>What is wrong with the assignments; null when they are right.</summary>
    /// <param name="firstPartition">The number that the first of them must have; the others follow without gaps.</param>
    /// <param name="factor">Replicas that each must have; null is "as many as the first".</param>
    public static OperationError? Error(
        BrokersImage brokers, ImmutableSortedDictionary<int, ImmutableArray<NodeId>> assignments, int firstPartition, int? factor)
    {
        int expected = firstPartition;
        foreach ((int partition, ImmutableArray<NodeId> replicas) in assignments)
        {
            if (partition != expected++)
            {
                return Invalid("The assignments must name consecutive partitions, each once.");
            }

            if (replicas.IsEmpty || replicas.Length != (factor ??= replicas.Length))
            {
                return Invalid("All partitions must have the same number of replicas, at least one.");
            }

            if (replicas.Distinct().Count() != replicas.Length)
            {
                return Invalid($"Partition {partition} names a broker twice.");
            }

            foreach (NodeId id in replicas)
            {
                if (brokers.Find(id) is null)
                {
                    return Invalid($"Broker {id} is not registered.");
                }
            }
        }

        return null;
    }

    private static OperationError Invalid(string message) => new(ErrorCode.InvalidReplicaAssignment, message);
}
