using Grpc.Core;
using RaftStream.Broker.Replicas.Wire;
using RaftStream.Rpc.Server;

namespace RaftStream.Broker.Replicas;

/// <summary>The service <c>raftstream.internal.v1.Replica</c>: other brokers follow partitions that this one leads.</summary>
public sealed class ReplicaService
{
    private volatile BrokerNode? _broker;

    /// <summary>Adds the service to a server; it refuses calls until <see cref="Serve"/>.</summary>
    public RpcServices AddTo(RpcServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.MapDuplex(ReplicaMethods.Follow, FollowAsync);
    }

    /// <summary>Serves what this broker leads from now on.</summary>
    public void Serve(BrokerNode broker) => _broker = broker;

    private async Task FollowAsync(
        IAsyncStreamReader<FollowerFetchesMessage> requests, IServerStreamWriter<FetchedPartitionMessage> answers, ServerCallContext context)
    {
        if (_broker?.NewFollowerSession() is not { } session)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The broker is starting or stopping."));
        }

        await session.RunAsync(requests, answers, context.CancellationToken).ConfigureAwait(false);
    }
}
