using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Grpc;

/// <summary>The quorum's bare error codes as sentences: what happened, and what to do.</summary>
internal static class ClusterErrors
{
    /// <summary>Why <paramref name="request"/> was refused.</summary>
    /// <param name="whom">The node that it is about.</param>
    public static string Explain(RaftRequest request, ErrorCode error, string whom) => (request, error) switch
    {
        (_, ErrorCode.NotController or ErrorCode.NotLeaderOrFollower or ErrorCode.LeaderNotAvailable or ErrorCode.BrokerNotAvailable) =>
            "No leader of the metadata quorum is known now: a majority of the controllers must run and reach each other.",
        (RaftRequest.AddVoter, ErrorCode.DuplicateVoter) =>
            $"{whom} is a voter already; if its folder was formatted anew, remove the old voter first.",
        (RaftRequest.AddVoter, ErrorCode.InvalidRequest) =>
            $"{whom} does not answer as that voter: check node id, directory id and endpoint (raftstream storage info shows the ids).",
        (RaftRequest.AddVoter, ErrorCode.RequestTimedOut) =>
            $"{whom} has not caught up, does not answer, or another change of the voters is under way; look with raftstream quorum describe before another try.",
        (RaftRequest.RemoveVoter, ErrorCode.VoterNotFound) =>
            $"{whom} with that directory id is no voter.",
        (RaftRequest.RemoveVoter, ErrorCode.InvalidRequest) =>
            $"{whom} is the last voter: a quorum needs one.",
        (RaftRequest.RemoveVoter, ErrorCode.RequestTimedOut) =>
            $"without {whom} too few voters would follow, or another change of the voters is under way; look with raftstream quorum describe before another try.",
        (RaftRequest.TransferLeadership, ErrorCode.VoterNotFound or ErrorCode.InvalidRequest or ErrorCode.InvalidVoterKey) =>
            $"{whom} cannot take over: it is no voter, leads already, or does not follow.",
        (_, ErrorCode.RequestTimedOut) =>
            "The leader did not answer in time; what was asked for may happen all the same.",
        (_, ErrorCode.InconsistentClusterId) =>
            "The leader is of another cluster: check quorum.bootstrap.servers.",
        _ => $"The quorum refused this about {whom}.",
    };
}
