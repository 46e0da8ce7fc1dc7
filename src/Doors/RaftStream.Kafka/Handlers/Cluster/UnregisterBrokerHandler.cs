using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Metadata;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Cluster;

/// <summary>UnregisterBroker: forgets a broker that is down and holds nothing any more.</summary>
internal sealed class UnregisterBrokerHandler(KafkaClusterAccess cluster) : ApiHandler<UnregisterBrokerRequest, UnregisterBrokerResponse>
{
    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(UnregisterBrokerRequest request, UnregisterBrokerResponse response, RequestScope scope)
    {
        OperationError? error = request.BrokerId < 0
            ? new OperationError(ErrorCode.BrokerIdNotRegistered, "A broker id is 0 or more.")
            : await cluster.UnregisterAsync(new NodeId(request.BrokerId), scope.Aborted).ConfigureAwait(false);
        response.ErrorCode = (short)(error?.Code ?? ErrorCode.None);
        response.ErrorMessage = error?.Message;
    }
}
