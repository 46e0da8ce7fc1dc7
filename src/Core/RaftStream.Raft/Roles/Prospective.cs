using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;

namespace RaftStream.Raft.Roles;

/// <summary>Asks whether it would be elected, so that a node that nobody needs does not disturb (KIP-996, P8). Nothing durable changes.</summary>
internal sealed class Prospective(Replica node, NodeId leader, RaftEndpoint? endpoint, bool isSuspected) : Role(node)
{
    private readonly Ballot _ballot = new(node, isPreVote: true);
    private long _deadlineMs = node.DrawElectionDeadline();
    private long? _yieldsUntilMs;

    public override RaftRole Kind => RaftRole.Prospective;

    public override NodeId LeaderId => leader;

    public override RaftEndpoint? LeaderEndpoint => endpoint;

    public override long DeadlineMs => _yieldsUntilMs is { } end && Node.NowMs < end ? end : _deadlineMs;

    public override long? ElectionDeadlineMs => _deadlineMs;

    /// <summary>The connection to the leader broke before (C-6.1).</summary>
    public bool IsSuspected => isSuspected;

    public override bool GrantsPreVote(bool isUpToDate) => isUpToDate;

    public override bool GrantsVote(ReplicaKey candidate, bool isUpToDate) => VoteRules.MayGrant(Node, candidate, isUpToDate);

    public override void Voted() => _deadlineMs = Node.DrawElectionDeadline();

    /// <summary>
    /// C-5.6: voters miss a leader at the same moment and grant each other's pre-votes; as candidates of one epoch they would all
    /// wait for their timers. Once only, and not beyond the own timer: who goes first may be deaf, or fall. Random, so that several
    /// who gave way in vain do not stand together in their turn.
    /// </summary>
    public override void Yield() => _yieldsUntilMs ??= Math.Min(
        Node.NowMs + Node.Options.SuspectedTimeoutMs + Node.Prng.Next(Node.Options.SuspectedTimeoutMs), _deadlineMs);

    public override void Poll()
    {
        bool isYielding = Node.NowMs < _yieldsUntilMs;
        if (_ballot.IsWon && Node.MayLead && !isYielding)
        {
            Node.Transitions.ToCandidate("a majority would vote for this node");
        }
        else if (_ballot.IsLost)
        {
            Node.Transitions.Fallback(this, "a majority would not vote for this node");
        }
        else if (Node.NowMs >= _deadlineMs)
        {
            Node.Transitions.Fallback(this, "no majority answered in time");
        }
        else
        {
            _ballot.Ask();
        }
    }

    public override void OnResponse(Outstanding request, RaftResponse response) => _ballot.Take(request, response);
}
