using Google.Protobuf;
using Grpc.Core;
using RaftStream.Broker;
using RaftStream.Client.V1;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Grpc;

/// <summary>Kafka's errors as this door tells them: inside answers, or as a status with a trailer.</summary>
internal static class GrpcErrors
{
    /// <summary>Trailer with a serialized <see cref="Error"/>.</summary>
    public const string Trailer = "raftstream-error-bin";

    /// <summary>The error as a message; null for success.</summary>
    public static Error? ToError(ErrorCode code, string? message) => code == ErrorCode.None
        ? null
        : new Error { Code = (short)code, Name = code.KafkaName(), Message = message ?? DefaultMessage(code) };

    /// <summary>The error as a message; null for success.</summary>
    public static Error? ToError(OperationError? error) => error is null ? null : ToError(error.Code, error.Message);

    /// <summary>The error about a partition, with a hint at its leader when that is another node.</summary>
    public static Error? ToError(BrokerApi api, ErrorCode code, string? message, TopicId topicId, string topicName, int partition)
    {
        Error? error = ToError(code, message ?? Explain(api, code, topicId, topicName, partition));
        if (error is not null && code is ErrorCode.NotLeaderOrFollower or ErrorCode.FencedLeaderEpoch)
        {
            error.Leader = LeaderOf(api, topicId, topicName, partition);
        }

        return error;
    }

    /// <inheritdoc cref="ToError(BrokerApi, ErrorCode, string?, TopicId, string, int)"/>
    public static Error? ToError(BrokerApi api, OperationError error, TopicReference topic, int partition) =>
        ToError(api, error.Code, error.Message, topic.Id, topic.Name, partition);

    /// <summary>Ends a call.</summary>
    public static RpcException ToException(ErrorCode code, string message)
    {
        var trailers = new global::Grpc.Core.Metadata();
        trailers.Add(Trailer, ToError(code, message).ToByteArray());
        return new RpcException(new Status(StatusOf(code), $"{code.KafkaName()}: {message}"), trailers);
    }

    /// <summary>What the partition's state adds to a code; null is nothing.</summary>
    private static string? Explain(BrokerApi api, ErrorCode code, TopicId topicId, string topicName, int partition)
    {
        if (code is not (ErrorCode.LeaderNotAvailable or ErrorCode.OffsetNotAvailable)
            || Find(api.Image, topicId, topicName, partition) is not { Topic: { } topic, State: { } state })
        {
            return null;
        }

        return code switch
        {
            ErrorCode.LeaderNotAvailable when state.Leader == NodeId.None => LeaderlessPartition.Explain(topic.Name, state, api.Image.Brokers),
            ErrorCode.OffsetNotAvailable => TooFewInSync(topic.Name, state),
            _ => null,
        };
    }

    /// <summary>A leader of a new reign learns what is committed from as many replicas as a commit needs (R-5.1).</summary>
    /// <returns>What to do about it; null when enough are in sync, so that it will know soon.</returns>
    internal static string? TooFewInSync(string topic, PartitionState state) => state.Isr.Length >= state.MinIsr
        ? null
        : $"The leader of {topic}-{state.Partition} cannot know yet what is committed: in sync is only {string.Join(", ", state.Isr)}, and min.insync.replicas wants {state.MinIsr}. "
        + $"Bring back replicas ({string.Join(", ", state.Replicas.RemoveRange(state.Isr))}), or lower it: raftstream topic alter {topic} --config min.insync.replicas={state.Isr.Length}";

    private static (TopicImage? Topic, PartitionState? State) Find(MetadataImage image, TopicId topicId, string topicName, int partition)
    {
        TopicImage? topic = topicId != TopicId.None ? image.Topics.Find(topicId) : image.Topics.Find(topicName);
        return topic is not null && (uint)partition < (uint)topic.Partitions.Count ? (topic, topic.Partitions[partition]) : (null, null);
    }

    private static LeaderHint? LeaderOf(BrokerApi api, TopicId topicId, string topicName, int partition) =>
        Find(api.Image, topicId, topicName, partition).State is { } state && api.Image.Brokers.Find(state.Leader) is { } leader && leader.Id != api.NodeId
            ? new LeaderHint { NodeId = leader.Id.Value, LeaderEpoch = state.LeaderEpoch.Value, Endpoint = EndpointOf(leader) }
            : null;

    /// <summary>Where a broker takes gRPC calls; empty when it does not.</summary>
    public static string EndpointOf(BrokerRegistration broker)
    {
        foreach (BrokerEndpoint endpoint in broker.Endpoints)
        {
            if (endpoint.Protocol == "GRPC")
            {
                string host = endpoint.Host.Contains(':', StringComparison.Ordinal) ? $"[{endpoint.Host}]" : endpoint.Host;
                return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{host}:{endpoint.Port}");
            }
        }

        return "";
    }

    private static StatusCode StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.UnknownTopicOrPartition or ErrorCode.UnknownTopicId => StatusCode.NotFound,
        ErrorCode.TopicAlreadyExists => StatusCode.AlreadyExists,
        ErrorCode.OffsetOutOfRange => StatusCode.OutOfRange,
        ErrorCode.RequestTimedOut => StatusCode.DeadlineExceeded,
        ErrorCode.ThrottlingQuotaExceeded => StatusCode.ResourceExhausted,
        ErrorCode.BrokerNotAvailable or ErrorCode.NotController or ErrorCode.KafkaStorageError
            or ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderOrFollower => StatusCode.Unavailable,
        ErrorCode.UnknownServerError => StatusCode.Internal,
        _ => StatusCode.InvalidArgument,
    };

    private static string DefaultMessage(ErrorCode code) => code switch
    {
        ErrorCode.NotLeaderOrFollower => "This broker does not lead the partition: ask for metadata and go to the leader.",
        ErrorCode.LeaderNotAvailable => "The partition has no leader now; try again.",
        ErrorCode.OffsetOutOfRange => "The offset lies outside the log: ask ListOffsets for its ends.",
        ErrorCode.RequestTimedOut => "No acknowledgement came in time; the records may be appended or not.",
        ErrorCode.UnknownTopicOrPartition => "There is no such topic or partition (any more).",
        ErrorCode.KafkaStorageError => "The broker's disk is full or has failed.",
        ErrorCode.FencedLeaderEpoch => "Your leader epoch is older than the partition's: ask for metadata.",
        ErrorCode.UnknownLeaderEpoch => "Your leader epoch is newer than this broker's: try again.",
        ErrorCode.OffsetNotAvailable => "The new leader does not know the end of the log yet; try again.",
        _ => code.KafkaName(),
    };
}
