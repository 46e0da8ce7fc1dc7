using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Cluster;

/// <summary>DescribeCluster: the brokers of the client's listener (KIP-700).</summary>
internal sealed class DescribeClusterHandler : ApiHandler<DescribeClusterRequest, DescribeClusterResponse>
{
    private const sbyte Brokers = 1;
    private const sbyte Controllers = 2;

    /// <inheritdoc/>
    public override ValueTask AnswerAsync(DescribeClusterRequest request, DescribeClusterResponse response, RequestScope scope)
    {
        response.ClusterId = ClusterIds.Of(scope.Api);
        if (request.EndpointType != Brokers)
        {
            bool isKnown = request.EndpointType == Controllers;
            response.ErrorCode = (short)(isKnown ? ErrorCode.MismatchedEndpointType : ErrorCode.UnsupportedEndpointType);
            response.ErrorMessage = isKnown
                ? "This is a broker: it tells of brokers. Controllers do not speak Kafka's protocol."
                : $"There is no endpoint type {request.EndpointType}.";
            return ValueTask.CompletedTask;
        }

        // Any broker takes what is meant for the controller, and passes it on.
        response.ControllerId = scope.Api.NodeId.Value;
        foreach (BrokerRegistration broker in scope.Api.Image.Brokers.ById.Values)
        {
            if ((!broker.Fenced || request.IncludeFencedBrokers) && KafkaEndpoints.Find(broker, scope.Listener) is { } endpoint)
            {
                DescribeClusterResponse.DescribeClusterBroker row = response.Brokers.Add();
                row.BrokerId = broker.Id.Value;
                row.Host = endpoint.Host;
                row.Port = endpoint.Port;
                row.Rack = broker.Rack.Length > 0 ? broker.Rack : null;
                row.IsFenced = broker.Fenced;
            }
        }

        response.ClusterAuthorizedOperations = request.IncludeClusterAuthorizedOperations ? AuthorizedOperations.OnCluster : AuthorizedOperations.NotAsked;
        return ValueTask.CompletedTask;
    }
}
