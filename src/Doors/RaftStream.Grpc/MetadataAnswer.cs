using RaftStream.Broker;
using RaftStream.Client.V1;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Grpc;

/// <summary>GetMetadata: brokers, topics and leaders out of the image.</summary>
internal static class MetadataAnswer
{
    /// <summary>Answers from one image, so that all parts agree.</summary>
    public static GetMetadataResponse Make(BrokerApi api, GetMetadataRequest request)
    {
        MetadataImage image = api.Image;
        var response = new GetMetadataResponse
        {
            ClusterId = api.ClusterId.ToString("D"),
            ControllerId = api.NodeId.Value,
            Brokers = { image.Brokers.ById.Values.Select(Write) },
        };
        if (request.Topics.Count == 0)
        {
            response.Topics.Add(image.Topics.InOrder().Select(topic => Write(image, topic)));
        }
        else
        {
            response.Topics.Add(request.Topics.Select(topic => Write(image, topic)));
        }

        return response;
    }

    private static Client.V1.Broker Write(BrokerRegistration broker) => new()
    {
        NodeId = broker.Id.Value,
        Endpoint = GrpcErrors.EndpointOf(broker),
        Rack = broker.Rack,
        Fenced = broker.Fenced,
    };

    private static Topic Write(MetadataImage image, TopicRef asked)
    {
        if (!Requests.TryRead(asked, out TopicReference reference))
        {
            return new Topic { Topic_ = asked, Error = GrpcErrors.ToError(ErrorCode.InvalidRequest, "A topic id has 16 bytes.") };
        }

        (TopicImage? topic, OperationError? error) = reference.Resolve(image.Topics);
        return topic is null ? new Topic { Topic_ = asked, Error = GrpcErrors.ToError(error) } : Write(image, topic);
    }

    private static Topic Write(MetadataImage image, TopicImage topic) => new()
    {
        Topic_ = Requests.Write(new TopicReference(topic.Name, topic.Id)),
        Internal = topic.Name.StartsWith("__", StringComparison.Ordinal),
        Partitions = { topic.Partitions.Select(state => Write(image, topic, state)) },
    };

    private static Partition Write(MetadataImage image, TopicImage topic, PartitionState state) => new()
    {
        Partition_ = state.Partition,
        Error = state.Leader == NodeId.None ? GrpcErrors.ToError(ErrorCode.LeaderNotAvailable, LeaderlessPartition.Explain(topic.Name, state, image.Brokers)) : null,
        Leader = state.Leader.Value,
        LeaderEpoch = state.LeaderEpoch.Value,
        Replicas = { state.Replicas.Select(id => id.Value) },
        Isr = { state.Isr.Select(id => id.Value) },
        Elr = { state.Elr.Select(id => id.Value) },
        PartitionEpoch = state.PartitionEpoch.Value,
        Adding = { state.Adding.Select(id => id.Value) },
        Removing = { state.Removing.Select(id => id.Value) },
    };
}
