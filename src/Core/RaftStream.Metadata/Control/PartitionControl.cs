using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>A topic to grow.</summary>
/// <param name="Topic">Which.</param>
/// <param name="Count">The new total.</param>
/// <param name="Assignments">Replicas of the new partitions, in their order; left out, the controller places them.</param>
public sealed record NewPartitions(TopicReference Topic, int Count, ImmutableArray<ImmutableArray<NodeId>> Assignments = default);

/// <summary>Decides the growth of topics; partitions are never taken away .</summary>
public static class PartitionControl
{
    /// <summary>Adds partitions to topics, to each by itself.</summary>
    /// <param name="validateOnly">Answers as if, and changes nothing.</param>
    public static Decision<ImmutableArray<TopicOutcome>> Create(
        MetadataImage image, ControllerSettings settings, IReadOnlyList<NewPartitions> requests, bool validateOnly, Prng prng)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(requests);
        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        ImmutableArray<TopicOutcome>.Builder outcomes = ImmutableArray.CreateBuilder<TopicOutcome>(requests.Count);
        var grown = new HashSet<TopicId>();
        foreach (NewPartitions request in requests)
        {
            (TopicImage? topic, OperationError? error) = request.Topic.Resolve(image.Topics);
            error ??= grown.Add(topic!.Id)
                ? Error(image, settings, topic, request, records.Count)
                : new OperationError(ErrorCode.InvalidRequest, $"Topic '{topic.Name}' is named twice in the request.");
            if (error is not null)
            {
                outcomes.Add(new TopicOutcome(request.Topic, error));
                continue;
            }

            Grow(image, settings, topic!, request, prng, records);
            outcomes.Add(new TopicOutcome(
                new TopicReference(topic!.Name, topic.Id), null, request.Count, topic.Partitions[0].SettledReplicas.Length));
        }

        return new Decision<ImmutableArray<TopicOutcome>>(
            validateOnly ? [] : records.DrainToImmutable(), outcomes.MoveToImmutable());
    }

    private static OperationError? Error(
        MetadataImage image, ControllerSettings settings, TopicImage topic, NewPartitions request, int recordsSoFar)
    {
        int current = topic.Partitions.Count;
        int count = request.Count;
        if (count == current)
        {
            return new OperationError(ErrorCode.InvalidPartitions, Text($"Topic '{topic.Name}' already has {current} partitions."));
        }

        if (count < current)
        {
            return new OperationError(
                ErrorCode.InvalidPartitions,
                Text($"Topic '{topic.Name}' has {current} partitions, more than {count}: partitions can only be added."));
        }

        int added = count - current;
        if (added + recordsSoFar > settings.MaxRecordsPerOperation)
        {
            return new OperationError(
                ErrorCode.PolicyViolation, Text($"At most {settings.MaxRecordsPerOperation} partitions can be added at once."));
        }

        if (image.Topics.PartitionCount + (long)recordsSoFar + added > settings.MaxPartitions)
        {
            return new OperationError(
                ErrorCode.PolicyViolation, Text($"The cluster would have more than {settings.MaxPartitions} partitions. Nodes that may open more files (ulimit -n) can hold more."));
        }

        int factor = topic.Partitions[0].SettledReplicas.Length;
        if (!request.Assignments.IsDefaultOrEmpty)
        {
            return AssignmentError(image.Brokers, request.Assignments, current, added, factor);
        }

        return factor > image.Brokers.ById.Count
            ? new OperationError(ErrorCode.InvalidReplicationFactor, "There are fewer brokers than replicas of each partition.")
            : null;
    }

    private static OperationError? AssignmentError(
        BrokersImage brokers, ImmutableArray<ImmutableArray<NodeId>> assignments, int current, int added, int factor) =>
        assignments.Length != added
            ? new OperationError(
                ErrorCode.InvalidReplicaAssignment, Text($"{added} partitions are added, and replicas are assigned for {assignments.Length}."))
            : AssignmentCheck.Error(
                brokers,
                assignments.Select((replicas, i) => KeyValuePair.Create(current + i, replicas)).ToImmutableSortedDictionary(),
                current,
                factor);

    private static void Grow(
        MetadataImage image,
        ControllerSettings settings,
        TopicImage topic,
        NewPartitions request,
        Prng prng,
        ImmutableArray<MetadataRecord>.Builder records)
    {
        TopicSettings configs = TopicSettings.Of(image.Configs, settings.StaticTopicConfigs, topic.Name);
        int current = topic.Partitions.Count;
        ImmutableArray<ImmutableArray<NodeId>> replicas = request.Assignments.IsDefaultOrEmpty
            ? ReplicaPlacement.Place(image.Brokers, request.Count - current, topic.Partitions[0].SettledReplicas.Length, prng)
            : request.Assignments;
        for (int i = 0; i < replicas.Length; i++)
        {
            records.Add(PartitionCreation.Record(image.Brokers, topic.Id, current + i, replicas[i], configs));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
