using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Decides the creation and deletion of topics.</summary>
public static class TopicControl
{
    /// <summary>The metadata log's own topic: no client may create, delete or write it.</summary>
    public const string MetadataTopic = "__cluster_metadata";

    /// <summary>A topic that the cluster keeps for itself.</summary>
    public static bool IsInternal(string name) => name is "__consumer_offsets" or "__transaction_state" or MetadataTopic;

    /// <summary>Creates topics, each by itself: an error of one does not touch the others.</summary>
    /// <param name="validateOnly">Answers as if, and changes nothing.</param>
    public static Decision<ImmutableArray<TopicOutcome>> Create(
        MetadataImage image, ControllerSettings settings, IReadOnlyList<NewTopic> topics, bool validateOnly, Prng prng)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(topics);
        var creation = new TopicCreation(image, settings, prng, topics);
        ImmutableArray<TopicOutcome> outcomes = [.. topics.Select(creation.Add)];
        return new Decision<ImmutableArray<TopicOutcome>>(validateOnly ? [] : creation.TakeRecords(), outcomes);
    }

    /// <summary>Deletes topics, each by itself.</summary>
    /// <param name="request">
    /// Chosen by who asks: asking again with it finds done what it did, and leaves a topic alone that was created anew (C-14.4, P32).
    /// Empty is none.
    /// </param>
    public static Decision<ImmutableArray<TopicOutcome>> Delete(MetadataImage image, IReadOnlyList<TopicReference> topics, Guid request = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(topics);
        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        ImmutableArray<TopicOutcome>.Builder outcomes = ImmutableArray.CreateBuilder<TopicOutcome>(topics.Count);
        var removed = new HashSet<TopicId>();
        foreach (TopicReference reference in topics)
        {
            if (RemovedBefore(image.Topics.Removed, reference, request) is { } gone)
            {
                outcomes.Add(new TopicOutcome(new TopicReference(gone.Name, gone.Id), null, gone.Partitions, gone.ReplicationFactor));
                continue;
            }

            (TopicImage? topic, OperationError? error) = reference.Resolve(image.Topics);
            if (topic is null)
            {
                outcomes.Add(new TopicOutcome(reference, error));
            }
            else if (!removed.Add(topic.Id))
            {
                outcomes.Add(new TopicOutcome(reference, new OperationError(ErrorCode.InvalidRequest, $"Topic '{topic.Name}' is named twice in the request.")));
            }
            else
            {
                records.Add(new MetadataRecord { RemoveTopic = new RemoveTopicRecord { TopicId = RecordFields.Bytes(topic.Id.Value), RequestId = RecordFields.RequestId(request) } });
                outcomes.Add(new TopicOutcome(
                    new TopicReference(topic.Name, topic.Id), null, topic.Partitions.Count, topic.Partitions[0].Replicas.Length));
            }
        }

        return new Decision<ImmutableArray<TopicOutcome>>(records.DrainToImmutable(), outcomes.MoveToImmutable());
    }

    /// <summary>The topic, when the same request has removed it: the first answer was lost.</summary>
    private static RemovedTopic? RemovedBefore(RemovedTopics removed, TopicReference topic, Guid request)
    {
        if (request == Guid.Empty)
        {
            return null;
        }

        RemovedTopic? found = topic.Id != TopicId.None ? removed.Find(topic.Id) : removed.Find(request, topic.Name);
        return found?.Request == request && (string.IsNullOrEmpty(topic.Name) || topic.Name == found.Name) ? found : null;
    }
}
