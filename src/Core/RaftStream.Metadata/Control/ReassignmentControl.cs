using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Other replicas for a partition (KIP-455).</summary>
/// <param name="Partition">Which.</param>
/// <param name="Target">The replicas to have, the preferred leader first; null cancels what is under way.</param>
public sealed record Reassignment(PartitionReference Partition, ImmutableArray<NodeId>? Target);

/// <summary>
/// Decides reassignments (R-10.1, R-10.3). A reassignment is only begun here: leaders let the new replicas into the ISR
/// once these have caught up, and with that proposal it ends (R-10.2, <see cref="PartitionChange"/>).
/// </summary>
public static class ReassignmentControl
{
    /// <summary>Begins, replaces and cancels reassignments, each by itself.</summary>
    /// <param name="allowFactorChange">Lets a target have another number of replicas than there are.</param>
    public static Decision<ImmutableArray<PartitionOutcome>> Alter(
        MetadataImage image, ControllerSettings settings, IReadOnlyList<Reassignment> requests, bool allowFactorChange)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count > settings.MaxRecordsPerOperation)
        {
            var tooMany = new OperationError(
                ErrorCode.PolicyViolation, $"At most {settings.MaxRecordsPerOperation} partitions can be reassigned by one request; send several.");
            return new Decision<ImmutableArray<PartitionOutcome>>([], [.. requests.Select(one => Outcome(one, null, tooMany))]);
        }

        var change = new PartitionChange(image.Brokers, image.Configs, settings);
        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        ImmutableArray<PartitionOutcome>.Builder outcomes = ImmutableArray.CreateBuilder<PartitionOutcome>(requests.Count);
        HashSet<(TopicId, int)> ambiguous = NamedTwice(image, requests);
        foreach (Reassignment request in requests)
        {
            (TopicImage? topic, PartitionState? old, OperationError? error) = request.Partition.Resolve(image.Topics);
            if (error is null && ambiguous.Contains((topic!.Id, old!.Partition)))
            {
                error = new OperationError(
                    ErrorCode.InvalidRequest, $"Partition {old.Partition} of '{topic.Name}' is named twice in the request: neither is carried out.");
            }

            PartitionState? wanted = null;
            if (error is null)
            {
                (wanted, error) = request.Target is { } target ? Begin(image.Brokers, old!, target, allowFactorChange) : Cancel(old!);
            }

            if (wanted is not null && change.Assigned(topic!, old!, wanted) is { } next)
            {
                records.Add(PartitionChange.Record(topic!.Id, next));
            }

            outcomes.Add(Outcome(request, topic, error));
        }

        return new Decision<ImmutableArray<PartitionOutcome>>(records.DrainToImmutable(), outcomes.MoveToImmutable());
    }

    /// <summary>Which of two targets is meant, nobody knows.</summary>
    private static HashSet<(TopicId, int)> NamedTwice(MetadataImage image, IReadOnlyList<Reassignment> requests)
    {
        var seen = new HashSet<(TopicId, int)>();
        var twice = new HashSet<(TopicId, int)>();
        foreach (Reassignment request in requests)
        {
            (TopicImage? topic, PartitionState? state, _) = request.Partition.Resolve(image.Topics);
            if (topic is not null && state is not null && !seen.Add((topic.Id, state.Partition)))
            {
                twice.Add((topic.Id, state.Partition));
            }
        }

        return twice;
    }

    /// <summary>R-10.1; what was under way is replaced, and what it added and is not wanted any more goes at once.</summary>
    private static (PartitionState? Wanted, OperationError? Error) Begin(
        BrokersImage brokers, PartitionState old, ImmutableArray<NodeId> target, bool allowFactorChange)
    {
        ImmutableArray<NodeId> before = old.Replicas.RemoveRange(old.Adding);
        if (TargetError(brokers, before, target, allowFactorChange) is { } error)
        {
            return (null, error);
        }

        ImmutableArray<NodeId> removing = before.RemoveRange(target);
        ImmutableArray<NodeId> adding = target.RemoveRange(before);
        return Checked(old, old with { Replicas = [.. target, .. removing], Adding = adding, Removing = removing });
    }

    /// <summary>R-10.3.</summary>
    private static (PartitionState? Wanted, OperationError? Error) Cancel(PartitionState old) =>
        old.Adding.IsEmpty && old.Removing.IsEmpty
            ? (null, new OperationError(ErrorCode.NoReassignmentInProgress, $"No reassignment of partition {old.Partition} is under way: there is nothing to cancel."))
            : Checked(old, old with { Replicas = old.Replicas.RemoveRange(old.Adding), Adding = [], Removing = [] });

    /// <summary>Who goes at once must not be all that holds the acknowledged records (KAFKA-13972).</summary>
    private static (PartitionState? Wanted, OperationError? Error) Checked(PartitionState old, PartitionState wanted)
    {
        bool dropsMember = old.Isr.Concat(old.Elr).Any(id => !wanted.Replicas.Contains(id));
        return dropsMember && !old.Isr.Any(id => wanted.Replicas.Contains(id))
            ? (null, new OperationError(
                ErrorCode.InvalidReplicaAssignment,
                $"Only replicas that would be dropped ({string.Join(", ", old.Isr.Concat(old.Elr))}) are in sync now. Start one of the brokers {string.Join(", ", old.Replicas.RemoveRange(old.Adding))} and wait until it has caught up, or let the reassignment end."))
            : (wanted, null);
    }

    private static OperationError? TargetError(
        BrokersImage brokers, ImmutableArray<NodeId> before, ImmutableArray<NodeId> target, bool allowFactorChange)
    {
        if (target.IsDefaultOrEmpty)
        {
            return Invalid("A partition needs at least one replica.");
        }

        if (target.Distinct().Count() != target.Length)
        {
            return Invalid("The replicas name a broker twice.");
        }

        foreach (NodeId id in target)
        {
            if (brokers.Find(id) is null)
            {
                return Invalid($"Broker {id} is not registered: it has never been started, or it was unregistered.");
            }
        }

        return target.Length == before.Length || allowFactorChange
            ? null
            : new OperationError(
                ErrorCode.InvalidReplicationFactor,
                $"The partition has {before.Length} replicas and the target names {target.Length}; changing their number must be allowed (raftstream partition reassign --change-replication-factor).");
    }

    private static OperationError Invalid(string message) => new(ErrorCode.InvalidReplicaAssignment, message);

    private static PartitionOutcome Outcome(Reassignment request, TopicImage? topic, OperationError? error) => new(
        topic is null ? request.Partition.Topic : new TopicReference(topic.Name, topic.Id), request.Partition.Partition, error);
}
