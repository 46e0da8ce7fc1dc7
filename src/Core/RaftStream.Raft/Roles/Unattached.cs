using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;

namespace RaftStream.Raft.Roles;

/// <summary>Knows no leader that it could reach: asks around, and stands for election when its timer ends.</summary>
internal sealed class Unattached(Replica node, long deadlineMs) : Role(node)
{
    private long _deadlineMs = deadlineMs;

    public override RaftRole Kind => RaftRole.Unattached;

    public override long DeadlineMs => _deadlineMs;

    public override long? ElectionDeadlineMs => _deadlineMs;

    public override bool GrantsPreVote(bool isUpToDate) => isUpToDate;

    public override bool GrantsVote(ReplicaKey candidate, bool isUpToDate) => VoteRules.MayGrant(Node, candidate, isUpToDate);

    public override void Voted() => _deadlineMs = Node.DrawElectionDeadline();

    public override void Poll()
    {
        if (Node.MayLead && (Node.NowMs >= _deadlineMs || Node.IsOnlyVoter))
        {
            Node.Transitions.ToProspective(isSuspected: false, "no leader in time");
            return;
        }

        if (Node.NowMs >= _deadlineMs)
        {
            _deadlineMs = Node.DrawElectionDeadline();
        }

        Node.Fetcher.Discover(NodeId.None);
    }

    public override void OnResponse(Outstanding request, RaftResponse response) =>
        Node.Outbox.Failed(request.Peer, Node.NowMs); // whoever is asked knows no leader either
}
