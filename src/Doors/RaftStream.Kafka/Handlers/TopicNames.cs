using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers;

/// <summary>Topics that requests name.</summary>
internal static class TopicNames
{
    /// <summary>Kept by the cluster or by tools rather than by users: begins with two underscores.</summary>
    public static bool IsInternal(string name) => name.StartsWith("__", StringComparison.Ordinal);

    /// <summary>The topic, or why there is none: no topic can have the name, or none has it.</summary>
    public static (TopicImage? Topic, OperationError? Error) Find(TopicsImage topics, string name) => TopicName.Problem(name) is { } problem
        ? (null, new OperationError(ErrorCode.InvalidTopicException, problem))
        : new TopicReference(name, TopicId.None).Resolve(topics);
}
