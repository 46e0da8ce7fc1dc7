using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Raft.Roles;

/// <summary>Answers to vote requests (7.1), checks in their order.</summary>
internal static class VoteRules
{
    public static RaftResponse Answer(Replica node, RaftRequest.Vote request)
    {
        bool isSound = request.LastEpoch.Value >= 0 && request.LastOffset.Value >= 0
            && (request.PreVote ? request.LastEpoch <= request.Epoch : request.LastEpoch < request.Epoch);
        if (!isSound)
        {
            return Vote(node, ErrorCode.InvalidRequest);
        }

        if (request.Epoch < node.State.Epoch)
        {
            return Vote(node, ErrorCode.FencedLeaderEpoch);
        }

        if (request.Epoch > node.State.Epoch)
        {
            node.Transitions.ToUnattached(request.Epoch, NodeId.None, "a candidate has a later epoch");
        }

        if (request.Target != node.Local)
        {
            return Vote(node, ErrorCode.InvalidVoterKey);
        }

        bool isUpToDate = IsUpToDate(node, request);
        if (request.PreVote)
        {
            bool mayStand = node.Role.GrantsPreVote(isUpToDate) || node.Broke(RaftSabotage.AlwaysGrantPreVote);
            if (mayStand && GoesFirst(node, request) && !node.Broke(RaftSabotage.NoYield))
            {
                node.Role.Yield();
            }

            return Vote(node, granted: mayStand);
        }

        bool granted = node.Role.GrantsVote(request.Candidate, isUpToDate);
        if (granted)
        {
            node.Persist(node.State with { VotedKey = request.Candidate }); // durable before the answer
            node.Role.Voted();
        }

        return Vote(node, granted: granted);
    }

    /// <summary>Unattached and prospective nodes: the same key again, or the first when no leader is known.</summary>
    public static bool MayGrant(Replica node, ReplicaKey candidate, bool isUpToDate)
    {
        if (node.State.VotedKey is { } voted && !node.Broke(RaftSabotage.VoteTwice))
        {
            return voted == candidate;
        }

        return node.State.LeaderId == NodeId.None && isUpToDate;
    }

    /// <summary>C-5.6: of two whose pre-votes would be granted the longer log goes first, and of equal ones the lower id.</summary>
    private static bool GoesFirst(Replica node, RaftRequest.Vote request)
    {
        bool hasSameLog = request.LastEpoch == node.Log.LastEpoch && request.LastOffset == node.Log.End;
        return hasSameLog ? request.Candidate.Id < node.Local.Id : node.Log.IsUpToDate(request.LastEpoch, request.LastOffset);
    }

    private static bool IsUpToDate(Replica node, RaftRequest.Vote request)
    {
        if (node.Broke(RaftSabotage.IgnoreLogInVote))
        {
            return true;
        }

        return node.Broke(RaftSabotage.CompareLengthFirst)
            ? request.LastOffset >= node.Log.End
            : node.Log.IsUpToDate(request.LastEpoch, request.LastOffset);
    }

    private static RaftResponse.Vote Vote(Replica node, ErrorCode error = ErrorCode.None, bool granted = false) =>
        node.Signed(new RaftResponse.Vote { Error = error, Granted = granted, LeaderEpoch = node.State.Epoch, LeaderId = NodeId.None });
}
