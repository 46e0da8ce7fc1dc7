using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Which leader an operator asks for (KIP-460).</summary>
public enum ElectionKind
{
    /// <summary>The first replica, which must be in sync .</summary>
    Preferred,

    /// <summary>Any replica that is up, for a partition that has no leader: acknowledged records may be lost .</summary>
    Unclean,
}

/// <summary>Decides elections that somebody asks for, and gives leaderships back to who is preferred .</summary>
public static class ElectionControl
{
    /// <summary>Elects leaders, of each partition by itself.</summary>
    /// <param name="partitions">Null is all; then those that need no election are not in the answer.</param>
    public static Decision<ImmutableArray<PartitionOutcome>> Elect(
        MetadataImage image, ControllerSettings settings, ElectionKind kind, IReadOnlyList<PartitionReference>? partitions)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(settings);
        var change = new PartitionChange(image.Brokers, image.Configs, settings);
        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        ImmutableArray<PartitionOutcome>.Builder outcomes = ImmutableArray.CreateBuilder<PartitionOutcome>();
        var seen = new HashSet<(TopicId, int)>();
        foreach (PartitionReference reference in partitions ?? All(image.Topics))
        {
            (TopicImage? topic, PartitionState? old, OperationError? error) = reference.Resolve(image.Topics);
            if (error is null && !seen.Add((topic!.Id, old!.Partition)))
            {
                error = new OperationError(ErrorCode.InvalidRequest, $"Partition {old.Partition} of '{topic.Name}' is named twice in the request.");
            }

            if (error is null)
            {
                (PartitionState? next, error) = kind == ElectionKind.Preferred ? Preferred(change, image.Brokers, topic!, old!) : Unclean(change, topic!, old!);
                if (next is not null)
                {
                    records.Add(PartitionChange.Record(topic!.Id, next));
                }
            }

            if (partitions is not null || error?.Code != ErrorCode.ElectionNotNeeded)
            {
                outcomes.Add(new PartitionOutcome(
                    topic is null ? reference.Topic : new TopicReference(topic.Name, topic.Id), reference.Partition, error));
            }
        }

        return new Decision<ImmutableArray<PartitionOutcome>>(records.DrainToImmutable(), outcomes.DrainToImmutable());
    }

    private static IEnumerable<PartitionReference> All(TopicsImage topics) => topics.InOrder().SelectMany(
        topic => topic.Partitions.Select(partition => new PartitionReference(new TopicReference(topic.Name, topic.Id), partition.Partition)));

    private static (PartitionState? Next, OperationError? Error) Preferred(PartitionChange change, BrokersImage brokers, TopicImage topic, PartitionState old)
    {
        NodeId preferred = old.Replicas[0];
        if (old.Leader == preferred)
        {
            return (null, new OperationError(ErrorCode.ElectionNotNeeded, $"Broker {preferred}, the first replica, leads already."));
        }

        return change.Preferred(topic, old) is { } next
            ? (next, null)
            : (null, new OperationError(
                ErrorCode.PreferredLeaderNotAvailable,
                $"Broker {preferred}, the first replica, is not up or not in sync (in sync: {Names(old.Isr)}); it can lead once it has caught up."
                + (old.Leader == NodeId.None ? $" {LeaderlessPartition.Explain(topic.Name, old, brokers)}" : "")));
    }

    private static (PartitionState? Next, OperationError? Error) Unclean(PartitionChange change, TopicImage topic, PartitionState old)
    {
        if (old.Leader != NodeId.None)
        {
            return (null, new OperationError(ErrorCode.ElectionNotNeeded, $"Broker {old.Leader} leads: nothing needs to be given up."));
        }

        return change.Unclean(topic, old) is { } next
            ? (next, null)
            : (null, new OperationError(
                ErrorCode.EligibleLeadersNotAvailable, $"None of the brokers {Names(old.Replicas)} is up: start at least one of them."));
    }

    private static string Names(ImmutableArray<NodeId> ids) => ids.IsEmpty ? "none" : string.Join(", ", ids);
}
