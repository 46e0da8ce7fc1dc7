using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers;

/// <summary>Topics that requests name.</summary>
internal static class TopicNames
{
    /// <summary>Kept by the cluster rather than by users. Clients leave these out of lists and patterns, so it is Kafka's list and no rule about names.</summary>
    public static bool IsInternal(string name) => name is "__consumer_offsets" or "__transaction_state" or "__share_group_state" or TopicControl.MetadataTopic;

    /// <summary>The topic, or why there is none: no topic can have the name, or none has it.</summary>
    public static (TopicImage? Topic, OperationError? Error) Find(TopicsImage topics, string name) => TopicName.Problem(name) is { } problem
        ? (null, new OperationError(ErrorCode.InvalidTopicException, problem))
        : new TopicReference(name, TopicId.None).Resolve(topics);
}
