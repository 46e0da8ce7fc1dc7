using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;

namespace RaftStream.Raft.Roles;

/// <summary>Has voted for itself in a new epoch, and asks the others.</summary>
internal sealed class Candidate(Replica node) : Role(node)
{
    private readonly Ballot _ballot = new(node, isPreVote: false);
    private readonly long _deadlineMs = node.DrawElectionDeadline();

    public override RaftRole Kind => RaftRole.Candidate;

    public override long DeadlineMs => _deadlineMs;

    public override long? ElectionDeadlineMs => _deadlineMs;

    public override bool GrantsPreVote(bool isUpToDate) => isUpToDate;

    public override void Poll()
    {
        if (_ballot.IsWon && Node.MayLead)
        {
            Node.Transitions.ToLeader(_ballot.Granting);
        }
        else if (Node.MayLead && (Node.NowMs >= _deadlineMs || (_ballot.IsLost && Node.Broke(RaftSabotage.NoElectionWait))))
        {
            // Also one that lost long ago waits for its timer (P12).
            Node.Transitions.ToProspective(isSuspected: false, "not elected in time");
        }
        else if (Node.NowMs >= _deadlineMs)
        {
            Node.Transitions.ToUnattached(Node.State.Epoch, Model.NodeId.None, "no longer eligible");
        }
        else
        {
            _ballot.Ask();
        }
    }

    public override void OnResponse(Outstanding request, RaftResponse response) => _ballot.Take(request, response);
}
