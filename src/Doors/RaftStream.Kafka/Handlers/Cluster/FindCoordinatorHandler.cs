using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers.Cluster;

/// <summary>FindCoordinator: there are no coordinators yet, and each key is told so.</summary>
internal sealed class FindCoordinatorHandler : ApiHandler<FindCoordinatorRequest, FindCoordinatorResponse>
{
    private const short FirstBatched = 4;
    private const int Nobody = -1;

    /// <inheritdoc/>
    public override ValueTask AnswerAsync(FindCoordinatorRequest request, FindCoordinatorResponse response, RequestScope scope)
    {
        (ErrorCode error, string message) = Answer(request.KeyType);
        if (scope.Version < FirstBatched)
        {
            response.ErrorCode = (short)error;
            response.ErrorMessage = message;
            response.NodeId = Nobody;
            response.Port = Nobody;
            return ValueTask.CompletedTask;
        }

        foreach (string key in request.CoordinatorKeys)
        {
            FindCoordinatorResponse.Coordinator row = response.Coordinators.Add();
            row.Key = key;
            row.ErrorCode = (short)error;
            row.ErrorMessage = message;
            row.NodeId = Nobody;
            row.Port = Nobody;
        }

        return ValueTask.CompletedTask;
    }

    private static (ErrorCode Error, string Message) Answer(sbyte keyType) => keyType switch
    {
        0 => (ErrorCode.CoordinatorNotAvailable, "This version has no consumer groups: assign partitions by hand."),
        1 => (ErrorCode.CoordinatorNotAvailable, "This version has no transactions: leave transactional.id out."),
        2 => (ErrorCode.CoordinatorNotAvailable, "This version has no share groups."),
        _ => (ErrorCode.InvalidRequest, $"There is no coordinator key type {keyType}."),
    };
}
