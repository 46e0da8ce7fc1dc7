using RaftStream.Broker.Controller;
using RaftStream.Grpc;
using RaftStream.Metadata;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Quorum.Runtime;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Server.Startup;

/// <summary>Has tools' questions answered by the leader of the quorum, here or elsewhere.</summary>
/// <param name="peers">Calls to others; owned from now on.</param>
internal sealed class ClusterPeers(QuorumNode node, QuorumPeers peers) : IAsyncDisposable
{
    /// <summary>What the service Cluster needs.</summary>
    public ClusterAccess AccessOf(Guid clusterId, NodeId nodeId, ControllerGateway gateway) => new()
    {
        ClusterId = () => clusterId,
        NodeId = nodeId,
        Quorum = () => (node.Leader.Id, node.View?.Epoch ?? node.Leader.Epoch, node.View?.Voters ?? VoterSet.Empty),
        Image = () => node.Committed,
        AskLeaderAsync = AskAsync,
        UnregisterAsync = async (broker, force, cancellationToken) =>
        {
            ControllerAnswer answer = await gateway.AskAsync(new ControllerRequest.Unregister(broker, force), cancellationToken).ConfigureAwait(false);
            return answer.Error ?? (OperationError?)answer.Response;
        },
    };

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => peers.DisposeAsync();

    private async Task<RaftResponse> AskAsync(RaftRequest request, CancellationToken cancellationToken)
    {
        (NodeId leader, LeaderEpoch epoch, RaftEndpoint? endpoint) = node.Leader;
        try
        {
            if (node.View?.Role == RaftRole.Leader)
            {
                return (await node.AskAsync(request, cancellationToken).ConfigureAwait(false)).Response;
            }

            if (endpoint is { } place)
            {
                (RaftResponse? response, _) = await peers.CallAsync(place, request, cancellationToken).ConfigureAwait(false);
                return response ?? Refused(ErrorCode.RequestTimedOut, leader, epoch);
            }
        }
        catch (QuorumStoppedException)
        {
            // This node stops: as good as no leader.
        }

        return Refused(ErrorCode.NotController, leader, epoch);
    }

    private static RaftResponse.Plain Refused(ErrorCode error, NodeId leader, LeaderEpoch epoch) =>
        new() { Error = error, LeaderId = leader, LeaderEpoch = epoch };
}
