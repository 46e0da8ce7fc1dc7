using RaftStream.Broker;
using RaftStream.Broker.Controller;
using RaftStream.Grpc;
using RaftStream.Metadata;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Quorum.Network;
using RaftStream.Raft;
using RaftStream.Raft.Messages;

namespace RaftStream.Server.Startup;

/// <summary>The service Cluster of a node of its own: its quorum of one is the broker's.</summary>
internal static class LoneAccess
{
    public static ClusterAccess Of(BrokerNode broker, NodeId nodeId) => new()
    {
        ClusterId = () => broker.Api?.ClusterId ?? Guid.Empty,
        NodeId = nodeId,
        Quorum = () => broker.Control?.Quorum is { View: { } view } ? (view.LeaderId, view.Epoch, view.Voters) : (NodeId.None, LeaderEpoch.Unknown, VoterSet.Empty),
        Image = () => broker.Api?.Image ?? MetadataImage.Empty,
        AskLeaderAsync = async (request, cancellationToken) =>
        {
            try
            {
                return broker.Control?.Quorum is { } quorum
                    ? (await quorum.AskAsync(request, cancellationToken).ConfigureAwait(false)).Response
                    : NotThere;
            }
            catch (QuorumStoppedException)
            {
                return NotThere;
            }
        },
        UnregisterAsync = async (id, force, cancellationToken) =>
        {
            if (broker.Control?.Gateway is not { } gateway)
            {
                return new OperationError(ErrorCode.BrokerNotAvailable, "The node does not serve now.");
            }

            ControllerAnswer answer = await gateway.AskAsync(new ControllerRequest.Unregister(id, force), cancellationToken).ConfigureAwait(false);
            return answer.Error ?? (OperationError?)answer.Response;
        },
    };

    private static RaftResponse.Plain NotThere =>
        new() { Error = ErrorCode.BrokerNotAvailable, LeaderId = NodeId.None, LeaderEpoch = LeaderEpoch.Unknown };
}
