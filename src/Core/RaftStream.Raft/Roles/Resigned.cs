using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;

namespace RaftStream.Raft.Roles;

/// <summary>Led this epoch and does no longer, in this incarnation or an earlier one (C-13.4): tells the voters, and waits for a successor.</summary>
internal sealed class Resigned : Role
{
    private readonly ImmutableArray<ReplicaKey> _successors;
    private readonly HashSet<ReplicaKey> _unacked;
    private readonly long _deadlineMs;
    private readonly bool _isRestart;

    public Resigned(Replica node, ImmutableArray<ReplicaKey> successors, bool isRestart = false)
        : base(node)
    {
        _successors = successors;
        _isRestart = isRestart;
        _unacked = [.. node.Voters.Voters.Select(voter => voter.Key).Where(key => key != node.Local)];
        _deadlineMs = node.DrawElectionDeadline();
    }

    public override RaftRole Kind => RaftRole.Resigned;

    public override long DeadlineMs => _deadlineMs;

    public override long? ElectionDeadlineMs => _deadlineMs;

    /// <summary>Every voter knows.</summary>
    public bool IsKnown => _unacked.Count == 0;

    public override void Entered()
    {
        if (Node.Broke(RaftSabotage.AnnounceResigned))
        {
            Node.Effects.Add(new RaftEffect.LeadershipGained(Node.State.Epoch));
        }
    }

    public override bool GrantsPreVote(bool isUpToDate) => isUpToDate;

    public override void Poll()
    {
        if (_isRestart && Node.IsOnlyVoter && Node.MayLead)
        {
            Node.Transitions.ToCandidate("the only voter");
            return;
        }

        if (Node.NowMs >= _deadlineMs)
        {
            Node.Transitions.ToUnattached(new LeaderEpoch(Node.State.Epoch.Value + 1), NodeId.None, "nobody took over");
            return;
        }

        foreach (Voter voter in Node.Voters.Voters)
        {
            Peer peer = Replica.PeerOf(voter);
            if (_unacked.Contains(voter.Key) && Node.Start.Endpoint is { } endpoint
                && Node.Outbox.CanSend(RequestKind.EndQuorumEpoch, peer, Node.NowMs))
            {
                Node.Send(RequestKind.EndQuorumEpoch, peer, new RaftRequest.EndQuorumEpoch
                {
                    ClusterId = Node.Start.ClusterId,
                    Epoch = Node.State.Epoch,
                    LeaderId = Node.Local.Id,
                    LeaderEndpoint = endpoint,
                    PreferredSuccessors = _successors,
                });
            }
        }
    }

    public override void OnResponse(Outstanding request, RaftResponse response)
    {
        if (request.Kind == RequestKind.EndQuorumEpoch && response.Error == ErrorCode.None)
        {
            foreach (Voter voter in Node.Voters.Voters.Where(voter => Replica.PeerOf(voter) == request.Peer))
            {
                _unacked.Remove(voter.Key);
            }

            Node.Outbox.Succeeded(request.Peer);
        }
        else
        {
            Node.Outbox.Failed(request.Peer, Node.NowMs);
        }
    }
}
