using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>A topic named by a client: by name, by id, or by both, which must then agree.</summary>
/// <param name="Name">Empty is "by id".</param>
/// <param name="Id"><see cref="TopicId.None"/> is "by name".</param>
public readonly record struct TopicReference(string Name, TopicId Id)
{
    /// <summary>Finds the topic.</summary>
    /// <returns>
    /// The topic, or the error: UNKNOWN_TOPIC_ID for an id that is not (or no longer) there,
    /// UNKNOWN_TOPIC_OR_PARTITION for a name, INCONSISTENT_TOPIC_ID when both are there and differ, INVALID_REQUEST for
    /// neither.
    /// </returns>
    public (TopicImage? Topic, OperationError? Error) Resolve(TopicsImage topics)
    {
        ArgumentNullException.ThrowIfNull(topics);
        if (Id != TopicId.None)
        {
            TopicImage? byId = topics.Find(Id);
            if (byId is null)
            {
                return (null, new OperationError(ErrorCode.UnknownTopicId, $"There is no topic with id {Id}; it may have been deleted."));
            }

            return string.IsNullOrEmpty(Name) || byId.Name == Name
                ? (byId, null)
                : (null, new OperationError(ErrorCode.InconsistentTopicId, $"The topic with id {Id} is named '{byId.Name}', not '{Name}'."));
        }

        if (string.IsNullOrEmpty(Name))
        {
            return (null, new OperationError(ErrorCode.InvalidRequest, "The topic is named neither by its name nor by its id."));
        }

        return topics.Find(Name) is { } topic
            ? (topic, null)
            : (null, new OperationError(ErrorCode.UnknownTopicOrPartition, $"There is no topic '{Name}'."));
    }

    /// <inheritdoc/>
    public override string ToString() => string.IsNullOrEmpty(Name) ? Id.ToString() : Name;
}
