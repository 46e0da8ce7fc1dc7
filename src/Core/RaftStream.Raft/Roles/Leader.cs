using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft.Leading;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;

namespace RaftStream.Raft.Roles;

/// <summary>Leads its epoch (section 8): appends, serves fetches, and says what is committed.</summary>
internal sealed class Leader : Role
{
    private readonly ImmutableArray<NodeId> _granting;
    private readonly ReplicaTable _replicas;
    private readonly CheckQuorum _checkQuorum;
    private readonly ReadBarriers _barriers;
    private readonly PendingAppends _appends;
    private readonly FetchServer _fetches;
    private readonly VoterChanges _changes;
    private readonly LeaderEpoch _epoch;
    private Offset _epochStart;
    private bool _isAnnounced;

    public Leader(Replica node, ImmutableArray<NodeId> granting)
        : base(node)
    {
        _granting = granting;
        _epoch = node.State.Epoch;
        _replicas = new ReplicaTable(node);
        _checkQuorum = new CheckQuorum(node);
        _barriers = new ReadBarriers(node, _replicas);
        _appends = new PendingAppends(node);
        _fetches = new FetchServer(this, node, _replicas, _checkQuorum, _barriers);
        _changes = new VoterChanges(this, node, _replicas);
    }

    public override RaftRole Kind => RaftRole.Leader;

    public override NodeId LeaderId => Node.Local.Id;

    public override RaftEndpoint? LeaderEndpoint => Node.Start.Endpoint;

    /// <summary>Of this reign: unknown until its first record is on a majority (C-5.5, C-8.2).</summary>
    public Offset? HighWatermark { get; private set; }

    public override long DeadlineMs => Math.Min(
        Math.Min(_checkQuorum.DeadlineMs, _fetches.DeadlineMs), Math.Min(_changes.DeadlineMs, NextBeginMs()));

    public override bool GrantsPreVote(bool isUpToDate) => false;

    public override void Entered()
    {
        _epochStart = Node.Log.End;
        AppendControl(FirstRecords());
    }

    public override void Left()
    {
        if (_isAnnounced)
        {
            Node.Effects.Add(new RaftEffect.LeadershipLost(_epoch));
        }

        _appends.Fail();
        _barriers.Fail();
        _changes.Fail();
        _fetches.Fail();
    }

    public override void Poll()
    {
        _checkQuorum.Look();
        if (_checkQuorum.IsExpired)
        {
            Resign(NodeId.None, "no majority fetched in time");
            return;
        }

        Advance();
        _changes.Poll();
        _fetches.Poll();
        Announce();
        _barriers.Complete();
        SendBegin();
        if (!Node.IsVoter && HighWatermark is { } hw && (Node.Log.Voters.LatestRecord is not { } record || record < hw))
        {
            Resign(NodeId.None, "no longer a voter"); // C-11.4
        }
    }

    public override bool OnLeaderRequest(long token, RaftRequest request)
    {
        switch (request)
        {
            case RaftRequest.Fetch fetch:
                _fetches.OnFetch(token, fetch);
                break;
            case RaftRequest.FetchSnapshot fetch:
                _fetches.OnFetchSnapshot(token, fetch);
                break;
            case RaftRequest.DescribeQuorum:
                Node.Reply(token, Node.Signed(new RaftResponse.DescribeQuorum
                {
                    LeaderEpoch = _epoch,
                    LeaderId = LeaderId,
                    HighWatermark = HighWatermark,
                    Voters = Node.Voters,
                    Replicas = _replicas.Describe(),
                }));
                break;
            case RaftRequest.TransferLeadership transfer:
                Transfer(token, transfer.Preferred);
                break;
            default:
                _changes.OnRequest(token, request);
                break;
        }

        return true;
    }

    public override void OnResponse(Outstanding request, RaftResponse response)
    {
        if (response.Error == ErrorCode.None)
        {
            Node.Outbox.Succeeded(request.Peer);
        }
        else
        {
            Node.Outbox.Failed(request.Peer, Node.NowMs);
        }

        _changes.OnResponse(request, response);
    }

    /// <summary>The controller's records, as one batch (C-8.3).</summary>
    public void OnAppend(RaftEvent.AppendRequested append)
    {
        if (append.Epoch != _epoch || !_isAnnounced)
        {
            Node.Effects.Add(new RaftEffect.AppendCompleted(append.Id, ErrorCode.NotLeaderOrFollower, Node.Log.End));
            return;
        }

        Invariant.Check(append.RecordCount > 0);
        Offset at = Node.Log.End;
        var batch = new LogBatch { BaseOffset = at, EndOffset = at.Plus(append.RecordCount), Epoch = _epoch, Bytes = append.Bytes };
        Node.Append([batch]);
        _appends.Add(append.Id, batch.EndOffset);
        Node.Effects.Add(new RaftEffect.AppendAccepted(append.Id, at));
    }

    /// <summary>A read that must see everything answered before it (C-8.5).</summary>
    public void OnBarrier(long id)
    {
        if (HighWatermark is { } highWatermark && _isAnnounced)
        {
            _barriers.Add(id, highWatermark);
        }
        else
        {
            Node.Effects.Add(new RaftEffect.BarrierCompleted(id, ErrorCode.NotLeaderOrFollower));
        }
    }

    /// <summary>Nobody waits for the answer.</summary>
    public void OnAbandoned(long token)
    {
        _fetches.Abandon(token);
        _changes.Abandon(token);
    }

    /// <summary>Gives the reign back; <paramref name="preferred"/> first in line, if it is a voter.</summary>
    public void Resign(NodeId preferred, string reason) =>
        Node.Transitions.ToResigned([.. _replicas.Successors().OrderByDescending(key => key.Id == preferred)], reason);

    /// <summary>One batch of control records of this reign.</summary>
    /// <returns>Its end.</returns>
    public Offset AppendControl(ImmutableArray<ControlRecord> records)
    {
        Offset at = Node.Log.End;
        var batch = new LogBatch { BaseOffset = at, EndOffset = at.Plus(records.Length), Epoch = _epoch, Control = records };
        Node.Append([batch]);
        return batch.EndOffset;
    }

    /// <summary>C-8.2: what a majority has flushed is committed, once that covers the first record of the reign (P6).</summary>
    public void Advance()
    {
        Offset? end = _replicas.MajorityEnd();
        bool isOwn = end > _epochStart || Node.Broke(RaftSabotage.CommitEarlierEpochs);
        if (isOwn && end is { } highWatermark && (HighWatermark is null || highWatermark > HighWatermark))
        {
            HighWatermark = highWatermark;
            Node.Advance(highWatermark);
        }

        _appends.Complete(HighWatermark ?? Offset.Zero);
    }

    /// <summary>C-8.1: who leads; who votes, when only the formatting said so, or when this node moved.</summary>
    private ImmutableArray<ControlRecord> FirstRecords()
    {
        var change = new ControlRecord.LeaderChange(Node.Local.Id, [.. Node.Voters.Voters.Select(voter => voter.Key.Id)], _granting);
        VoterSet voters = Node.Start.Endpoint is { } endpoint && Node.IsVoter
            ? Node.Voters.Updated(new Voter(Node.Local, endpoint))
            : Node.Voters;
        bool isCommitted = Node.Log.Voters.LatestRecord is not { } record || record < Node.Published;
        bool writes = !Node.Log.Voters.IsInLog || (voters != Node.Voters && isCommitted);
        return writes ? [change, new ControlRecord.Voters(voters), new ControlRecord.KVersion(1)] : [change];
    }

    /// <summary>C-8.4: the controller learns of its reign when everything before it is committed and applied.</summary>
    private void Announce()
    {
        bool isReady = (HighWatermark > _epochStart && Node.Applied > _epochStart) || Node.Broke(RaftSabotage.AnnounceEarly);
        if (!_isAnnounced && isReady)
        {
            _isAnnounced = true;
            Node.Effects.Add(new RaftEffect.LeadershipGained(_epoch));
        }
    }

    /// <summary>7.2: voters that do not fetch are told who leads.</summary>
    private void SendBegin()
    {
        foreach (Voter voter in Node.Voters.Voters)
        {
            Peer peer = Replica.PeerOf(voter);
            bool isDue = voter.Key != Node.Local && Node.NowMs >= BeginDueMs(voter);
            if (isDue && Node.Outbox.CanSend(RequestKind.BeginQuorumEpoch, peer, Node.NowMs))
            {
                _replicas.Of(voter.Key).LastBeginMs = Node.NowMs;
                Node.Send(RequestKind.BeginQuorumEpoch, peer, Begin(voter.Key));
            }
        }
    }

    /// <summary>Tells a replica of this reign.</summary>
    public RaftRequest.BeginQuorumEpoch Begin(ReplicaKey target) => new()
    {
        ClusterId = Node.Start.ClusterId,
        Epoch = _epoch,
        LeaderId = Node.Local.Id,
        LeaderEndpoint = Node.Start.Endpoint ?? default,
        Target = target,
    };

    private long NextBeginMs()
    {
        long next = long.MaxValue;
        foreach (Voter voter in Node.Voters.Voters)
        {
            if (voter.Key != Node.Local && Node.Outbox.CanSend(RequestKind.BeginQuorumEpoch, Replica.PeerOf(voter), Node.NowMs))
            {
                next = Math.Min(next, BeginDueMs(voter));
            }
        }

        return next;
    }

    private long BeginDueMs(Voter voter)
    {
        PeerProgress? peer = _replicas.Find(voter.Key);
        long last = Math.Max(peer?.LastFetchMs ?? long.MinValue, peer?.LastBeginMs ?? long.MinValue);
        return last == long.MinValue ? Node.NowMs : last + Node.Options.BeginQuorumResendMs;
    }

    private void Transfer(long token, NodeId preferred)
    {
        bool isPossible = !_replicas.Successors().IsEmpty
            && (preferred == NodeId.None || _replicas.Successors().Any(key => key.Id == preferred));
        if (!isPossible)
        {
            Node.Reply(token, Node.Plain(ErrorCode.InvalidRequest));
            return;
        }

        Resign(preferred, "leadership is handed over");
        Node.Reply(token, Node.Plain());
    }
}
