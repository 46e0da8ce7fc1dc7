using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;

namespace RaftStream.Raft.Roles;

/// <summary>Fetches from the leader of its epoch; a voter that hears nothing for too long asks for votes.</summary>
internal sealed class Follower : Role
{
    private readonly NodeId _leader;
    private RaftEndpoint _endpoint;
    private long _fetchDeadlineMs;
    private long _heardMs;
    private bool _hasFetched;
    private bool _leaderResigned;
    private bool _isSuspected;

    public Follower(Replica node, NodeId leader, RaftEndpoint endpoint, bool isSuspected = false)
        : base(node)
    {
        Invariant.Check(leader != node.Local.Id); // C-5.2
        _leader = leader;
        _endpoint = endpoint;
        _isSuspected = isSuspected;
        _heardMs = node.NowMs;
        _fetchDeadlineMs = node.NowMs + (isSuspected ? node.Prng.Next(node.Options.SuspectedTimeoutMs) : node.Options.FetchTimeoutMs);
    }

    public override RaftRole Kind => RaftRole.Follower;

    public override NodeId LeaderId => _leader;

    public override RaftEndpoint? LeaderEndpoint => _endpoint;

    public override long DeadlineMs => Math.Min(Math.Min(_fetchDeadlineMs, Node.VoterUpdater.DeadlineMs), IsQuiet ? long.MaxValue : QuietAtMs);

    public override long? ElectionDeadlineMs => _fetchDeadlineMs;

    /// <summary>How long the leader may park a fetch: an own slow flush must not make it look silent.</summary>
    public int PatienceMs => (int)Math.Clamp((_fetchDeadlineMs - Node.NowMs) / 2, 0, Node.Options.FetchMaxWaitMs);

    /// <summary>C-8.5: the number that the leader said last.</summary>
    public long BarrierSeq { get; set; }

    /// <summary>
    /// An observer stands for no election, so a leader that no longer answers is only found out by asking others; voters
    /// ask each other when their timers end.
    /// </summary>
    private bool IsQuiet => Node.NowMs >= QuietAtMs;

    private long QuietAtMs => Node.IsVoter ? long.MaxValue : _heardMs + (2L * Node.Options.FetchMaxWaitMs);

    /// <summary>The leader as the one to fetch from.</summary>
    public Peer Leader => new(_leader, _endpoint);

    public override bool GrantsPreVote(bool isUpToDate)
    {
        bool mayBeGone = !_hasFetched || ((_leaderResigned || _isSuspected) && !Node.Broke(RaftSabotage.IgnoreResignation));
        return isUpToDate && mayBeGone;
    }

    public override void Entered()
    {
        Node.Fetcher.Reset();
        Node.Outbox.Succeeded(Leader); // what it could not answer before it led is forgotten
    }

    public override void Left() => Node.Fetcher.Reset();

    public override void Poll()
    {
        if (Node.NowMs >= _fetchDeadlineMs)
        {
            if (Node.MayLead)
            {
                Node.Transitions.ToProspective(_isSuspected, _leaderResigned ? "the leader resigned" : "the leader is silent");
                return;
            }

            _fetchDeadlineMs = Node.NowMs + Node.Options.FetchTimeoutMs;
            Node.Outbox.Failed(Leader, Node.NowMs); // an observer asks somebody else
        }

        if (!Node.Outbox.IsPaused(Leader, Node.NowMs))
        {
            Node.Fetcher.Fetch(this);
        }

        if (IsQuiet || Node.Outbox.IsPaused(Leader, Node.NowMs))
        {
            Node.Fetcher.Discover(_leader);
        }

        Node.VoterUpdater.Poll(this);
    }

    public override void OnResponse(Outstanding request, RaftResponse response)
    {
        if (request.Kind == RequestKind.VoterChange)
        {
            Node.VoterUpdater.OnResponse(request, response);
            return;
        }

        bool isLeaders = response.Error == ErrorCode.None && response.LeaderId == _leader && response.LeaderEpoch == Node.State.Epoch;
        if (!isLeaders)
        {
            Node.Fetcher.OnError(request, response);
            return;
        }

        _hasFetched = true;
        _heardMs = Node.NowMs;
        _isSuspected = false;
        _fetchDeadlineMs = Node.NowMs + Node.Options.FetchTimeoutMs;
        Node.Outbox.Succeeded(request.Peer);
        Node.Fetcher.OnAnswer(this, request, response);
    }

    public override void OnConnectionLost(NodeId node)
    {
        if (node == _leader)
        {
            _isSuspected = true;
            _fetchDeadlineMs = Math.Min(_fetchDeadlineMs, Node.NowMs + Node.Prng.Next(Node.Options.SuspectedTimeoutMs));
        }
    }

    /// <summary>The leader said that it resigned (7.3): wait according to the place in its list of successors.</summary>
    public void OnLeaderResigned(int position, int count)
    {
        _leaderResigned = true;
        long max = Node.Options.ElectionBackoffMaxMs;
        long delay = position switch
        {
            < 0 => max,
            0 => 0,
            _ => Math.Min(max, Math.Max(1, max >> (count - 1)) << (position - 1)),
        };
        _fetchDeadlineMs = Math.Min(_fetchDeadlineMs, Node.NowMs + delay);
    }

    /// <summary>Somebody says where the leader is; the leader itself also says that it lives.</summary>
    public void LeaderFound(RaftEndpoint endpoint, bool isFromLeader)
    {
        _endpoint = endpoint;
        if (isFromLeader)
        {
            Node.Outbox.Succeeded(Leader);
        }
    }
}
