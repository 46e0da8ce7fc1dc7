using RaftStream.Broker.Producing;
using RaftStream.Kafka.Exchanges;
using RaftStream.Kafka.Protocol.Messages;
using RaftStream.Model;

namespace RaftStream.Kafka.Handlers;

/// <summary>InitProducerId: an identity for an idempotent producer, a fresh one each time (G-3.1).</summary>
internal sealed class InitProducerIdHandler : ApiHandler<InitProducerIdRequest, InitProducerIdResponse>
{
    private const long NoId = -1;
    private const short NoEpoch = -1;

    /// <inheritdoc/>
    public override async ValueTask AnswerAsync(InitProducerIdRequest request, InitProducerIdResponse response, RequestScope scope)
    {
        response.ProducerId = NoId;
        response.ProducerEpoch = NoEpoch;
        ErrorCode error = Check(request);
        if (error == ErrorCode.None)
        {
            ProducerIdentity identity = await scope.Api.InitProducerIdAsync(scope.Aborted).ConfigureAwait(false);
            response.ProducerId = identity.ProducerId;
            response.ProducerEpoch = identity.Epoch;
            error = identity.Error is { } problem ? ErrorOf(problem.Code) : ErrorCode.None;
        }

        response.ErrorCode = (short)error;
    }

    private static ErrorCode Check(InitProducerIdRequest request)
    {
        if (request.TransactionalId is { } id)
        {
            // Clients stop at UNSUPPORTED_VERSION: transactions are not served by this version, and no trying again helps.
            return id.Length == 0 ? ErrorCode.InvalidRequest : ErrorCode.UnsupportedVersion;
        }

        // Both or neither; what it was does not matter, since a producer without a transactional id begins anew (KIP-360).
        return (request.ProducerId == NoId) == (request.ProducerEpoch == NoEpoch) ? ErrorCode.None : ErrorCode.InvalidRequest;
    }

    /// <summary>
    /// COORDINATOR_NOT_AVAILABLE would make a Java producer look for the coordinator of a transactional id that it does not have; at
    /// COORDINATOR_LOAD_IN_PROGRESS it asks again.
    /// </summary>
    internal static ErrorCode ErrorOf(ErrorCode error) =>
        error == ErrorCode.CoordinatorNotAvailable ? ErrorCode.CoordinatorLoadInProgress : error;
}
