using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Roles;

namespace RaftStream.Raft.Requests;

/// <summary>Requests of peers and tools (section 7): checks that all nodes make, then the leader if this is the one.</summary>
internal sealed class RequestRouter(Replica node)
{
    public void Take(long token, RaftRequest request)
    {
        if (request.ClusterId != node.Start.ClusterId)
        {
            node.Reply(token, node.Plain(ErrorCode.InconsistentClusterId));
            return;
        }

        switch (request)
        {
            case RaftRequest.Vote vote:
                node.Reply(token, VoteRules.Answer(node, vote));
                break;
            case RaftRequest.BeginQuorumEpoch begin:
                node.Reply(token, node.Plain(OnBegin(begin)));
                break;
            case RaftRequest.EndQuorumEpoch end:
                node.Reply(token, node.Plain(OnEnd(end)));
                break;
            default:
                ErrorCode error = CheckForLeader(request);
                if (error != ErrorCode.None || !node.Role.OnLeaderRequest(token, request))
                {
                    node.Reply(token, node.Plain(error == ErrorCode.None ? ErrorCode.NotLeaderOrFollower : error));
                }

                break;
        }
    }

    /// <summary>7.2: the transition stands, also for a key that is not this node's.</summary>
    private ErrorCode OnBegin(RaftRequest.BeginQuorumEpoch request)
    {
        if (request.LeaderId.Value < 0)
        {
            return ErrorCode.InvalidRequest;
        }

        if (request.Epoch < node.State.Epoch)
        {
            return ErrorCode.FencedLeaderEpoch;
        }

        node.Transitions.Learn(request.Epoch, request.LeaderId, request.LeaderEndpoint, isFromLeader: true);
        return request.Target == node.Local ? ErrorCode.None : ErrorCode.InvalidVoterKey;
    }

    /// <summary>7.3.</summary>
    private ErrorCode OnEnd(RaftRequest.EndQuorumEpoch request)
    {
        if (request.LeaderId.Value < 0)
        {
            return ErrorCode.InvalidRequest;
        }

        if (request.Epoch < node.State.Epoch)
        {
            return ErrorCode.FencedLeaderEpoch;
        }

        node.Transitions.Learn(request.Epoch, request.LeaderId, request.LeaderEndpoint);
        if (node.Role is Follower follower && follower.LeaderId == request.LeaderId)
        {
            follower.OnLeaderResigned(request.PreferredSuccessors.IndexOf(node.Local), request.PreferredSuccessors.Length);
        }

        return ErrorCode.None;
    }

    /// <summary>Errors of 7.4 in their order; a later epoch is not taken over from a fetch: observers must not disturb.</summary>
    private ErrorCode CheckForLeader(RaftRequest request)
    {
        (LeaderEpoch Epoch, ReplicaKey Replica)? fetch = request switch
        {
            RaftRequest.Fetch { } f => (f.Epoch, f.Replica),
            RaftRequest.FetchSnapshot { } f => (f.Epoch, f.Replica),
            _ => null,
        };
        if (fetch is null)
        {
            return ErrorCode.None;
        }

        bool isSound = fetch.Value.Epoch.Value >= 0 && fetch.Value.Replica != node.Local && fetch.Value.Replica.Id.Value >= 0;
        if (request is RaftRequest.Fetch position)
        {
            isSound &= position.DurableEnd.Value >= 0 && position.DurableEnd <= position.FetchOffset
                && position.LastFetchedEpoch.Value >= 0 && position.LastFetchedEpoch <= position.Epoch;
        }

        if (!isSound)
        {
            return ErrorCode.InvalidRequest;
        }

        return fetch.Value.Epoch < node.State.Epoch ? ErrorCode.FencedLeaderEpoch
            : fetch.Value.Epoch > node.State.Epoch ? ErrorCode.UnknownLeaderEpoch
            : node.Role.Kind != RaftRole.Leader ? ErrorCode.NotLeaderOrFollower
            : node.IsStopping ? ErrorCode.BrokerNotAvailable
            : ErrorCode.None;
    }
}
