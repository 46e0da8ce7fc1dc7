using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;

namespace RaftStream.Raft.Roles;

/// <summary>Votes of one election or pre-vote: asks the other voters and counts, each once.</summary>
internal sealed class Ballot
{
    private readonly Replica _node;
    private readonly bool _isPreVote;
    private readonly HashSet<ReplicaKey> _granted = [];
    private readonly HashSet<ReplicaKey> _rejected = [];

    public Ballot(Replica node, bool isPreVote)
    {
        _node = node;
        _isPreVote = isPreVote;
        _granted.Add(node.Local);
    }

    /// <summary>Enough voters of the set in the log said yes.</summary>
    public bool IsWon => Count(_granted) >= Needed;

    /// <summary>Not enough voters are left.</summary>
    public bool IsLost => _node.Voters.Voters.Length - Count(_rejected) < Needed;

    /// <summary>Who said yes.</summary>
    public ImmutableArray<NodeId> Granting => [.. _granted.Select(key => key.Id).Order()];

    private int Needed => _node.Broke(RaftSabotage.MinorityQuorum) ? 1 : _node.Voters.Majority;

    /// <summary>Asks every other voter that has not answered; in a pre-vote also, after a pause, one that said no: its own timer may have ended since.</summary>
    public void Ask()
    {
        foreach (Voter voter in _node.Voters.Voters)
        {
            var peer = Replica.PeerOf(voter);
            bool isOpen = voter.Key != _node.Local && !_granted.Contains(voter.Key) && (_isPreVote || !_rejected.Contains(voter.Key));
            if (isOpen && _node.Outbox.CanSend(RequestKind.Vote, peer, _node.NowMs))
            {
                _node.Send(RequestKind.Vote, peer, new RaftRequest.Vote
                {
                    ClusterId = _node.Start.ClusterId,
                    Epoch = _node.State.Epoch,
                    Candidate = _node.Local,
                    Target = voter.Key,
                    LastEpoch = _node.Log.LastEpoch,
                    LastOffset = _node.Log.End,
                    PreVote = _isPreVote,
                });
            }
        }
    }

    /// <summary>Counts an answer, if it is one to this ballot.</summary>
    public void Take(Outstanding request, RaftResponse response)
    {
        if (request.Request is not RaftRequest.Vote vote || vote.PreVote != _isPreVote || response is not RaftResponse.Vote answer)
        {
            return;
        }

        if (answer.Granted)
        {
            _granted.Add(vote.Target);
            _rejected.Remove(vote.Target);
        }
        else
        {
            // A wrong key, or an error, is no vote either. A vote that was refused stays so (P12).
            _rejected.Add(vote.Target);
        }

        if (answer.Granted || !_isPreVote)
        {
            _node.Outbox.Succeeded(request.Peer);
        }
        else
        {
            _node.Outbox.Failed(request.Peer, _node.NowMs);
        }
    }

    private int Count(HashSet<ReplicaKey> keys) => keys.Count(_node.Voters.Contains);
}
