using RaftStream.Broker;
using RaftStream.Broker.Controller;
using RaftStream.Model;

namespace RaftStream.Grpc;

/// <summary>The running broker, or the error that there is none yet or any more.</summary>
internal sealed class BrokerAccess(BrokerNode node)
{
    /// <summary>The broker.</summary>
    /// <exception cref="global::Grpc.Core.RpcException">Unavailable: starting, stopping or failed.</exception>
    public BrokerApi Api => node.Api ?? throw GrpcErrors.ToException(
        ErrorCode.BrokerNotAvailable, $"The broker does not serve now: {node.NotReadyReason}.");

    /// <summary>Awaits the controller and turns its refusals into statuses.</summary>
    public static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (ControllerUnavailableException exception)
        {
            throw GrpcErrors.ToException(exception.Code, exception.Message);
        }
    }

    /// <summary>Refuses requests with too many partitions.</summary>
    public static void CheckCount(BrokerApi api, int partitions)
    {
        if (partitions > api.Limits.MaxPartitionsPerRequest)
        {
            throw GrpcErrors.ToException(
                ErrorCode.InvalidRequest, $"A request names at most {api.Limits.MaxPartitionsPerRequest} partitions.");
        }
    }
}
