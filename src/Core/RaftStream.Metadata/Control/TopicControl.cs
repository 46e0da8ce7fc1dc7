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
    public static Decision<ImmutableArray<TopicOutcome>> Delete(MetadataImage image, IReadOnlyList<TopicReference> topics)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(topics);
        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        ImmutableArray<TopicOutcome>.Builder outcomes = ImmutableArray.CreateBuilder<TopicOutcome>(topics.Count);
        var removed = new HashSet<TopicId>();
        foreach (TopicReference reference in topics)
        {
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
                records.Add(new MetadataRecord { RemoveTopic = new RemoveTopicRecord { TopicId = RecordFields.Bytes(topic.Id.Value) } });
                outcomes.Add(new TopicOutcome(
                    new TopicReference(topic.Name, topic.Id), null, topic.Partitions.Count, topic.Partitions[0].Replicas.Length));
            }
        }

        return new Decision<ImmutableArray<TopicOutcome>>(records.DrainToImmutable(), outcomes.MoveToImmutable());
    }
}
