using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;
using RaftStream.Raft.Roles;

namespace RaftStream.Raft.Leading;

/// <summary>Adds, removes and updates voters, one change at a time (C-11).</summary>
internal sealed class VoterChanges(Leader leader, Replica node, ReplicaTable replicas)
{
    private const int MaxTimeoutMs = 300_000;

    private PendingChange? _pending;

    public long DeadlineMs => _pending?.DeadlineMs ?? long.MaxValue;

    /// <summary>C-11.2: the own reign and the last change are committed, and nothing is under way (P14).</summary>
    private bool MayChange => _pending is null
        && ((leader.HighWatermark is { } highWatermark && (node.Log.Voters.LatestRecord is not { } record || record < highWatermark))
            || node.Broke(RaftSabotage.EarlyVoterChange));

    public void OnRequest(long token, RaftRequest request)
    {
        ErrorCode error = request switch
        {
            RaftRequest.AddVoter add => Add(token, add),
            RaftRequest.RemoveVoter remove => Remove(token, remove),
            RaftRequest.UpdateVoter update => Update(update),
            _ => ErrorCode.InvalidRequest,
        };
        if (_pending?.Token != token || error != ErrorCode.None)
        {
            node.Reply(token, node.Plain(error));
        }
    }

    /// <summary>Goes on with what waits: for the new voter's answer, for its log, or for the commit.</summary>
    public void Poll()
    {
        if (_pending is not { } change)
        {
            return;
        }

        if (change.RecordEnd is null)
        {
            Probe(change);
            TryAppend(change);
        }

        if (change.RecordEnd is { } end && (leader.HighWatermark >= end || !change.WaitsForCommit))
        {
            Finish(ErrorCode.None);
        }
        else if (node.NowMs >= change.DeadlineMs)
        {
            Finish(ErrorCode.RequestTimedOut); // C-11.6: what becomes of it is unknown
        }
    }

    /// <summary>The new voter's answer to the probe: is it who it is said to be (C-11.3).</summary>
    public void OnResponse(Outstanding request, RaftResponse response)
    {
        bool isProbe = _pending is { Joining: { } joining } && request.Request is RaftRequest.BeginQuorumEpoch begin && begin.Target == joining.Key;
        if (!isProbe)
        {
            return;
        }

        if (response.Error == ErrorCode.None)
        {
            _pending!.IsProbed = true;
        }
        else if (response.Error == ErrorCode.InvalidVoterKey)
        {
            Finish(ErrorCode.InvalidRequest);
        }
    }

    /// <summary>The reign is over: what becomes of the change is unknown here.</summary>
    public void Fail()
    {
        if (_pending is not null)
        {
            Finish(ErrorCode.NotLeaderOrFollower);
        }
    }

    /// <summary>Nobody waits for the answer; the change goes its way.</summary>
    public void Abandon(long token)
    {
        if (_pending?.Token == token)
        {
            _pending.IsAbandoned = true;
        }
    }

    private ErrorCode Add(long token, RaftRequest.AddVoter request)
    {
        Voter voter = request.Voter;
        if (voter.Key.Id.Value < 0 || string.IsNullOrEmpty(voter.Endpoint.Host) || voter.Endpoint.Port is < 1 or > 65535)
        {
            return ErrorCode.InvalidRequest;
        }

        if (node.Voters.Find(voter.Key.Id) is { } known && !(known.Key != voter.Key && node.Broke(RaftSabotage.SameIdVoter)))
        {
            return ErrorCode.DuplicateVoter; // P15: the old key is removed first
        }

        if (!MayChange)
        {
            return ErrorCode.RequestTimedOut;
        }

        _pending = new PendingChange
        {
            Token = token,
            Joining = voter,
            NeededEnd = leader.HighWatermark ?? Offset.Zero,
            DeadlineMs = Deadline(request.TimeoutMs),
            WaitsForCommit = request.AckWhenCommitted,
        };
        return ErrorCode.None;
    }

    private ErrorCode Remove(long token, RaftRequest.RemoveVoter request)
    {
        if (!node.Voters.Contains(request.Key))
        {
            return ErrorCode.VoterNotFound;
        }

        VoterSet rest = node.Voters.Without(request.Key.Id);
        if (rest.Voters.IsEmpty)
        {
            return ErrorCode.InvalidRequest;
        }

        // C-11.4: not when those who are left could not commit it.
        bool isAlive = rest.Voters.Count(voter => replicas.IsRecent(voter.Key)) >= rest.Majority;
        if (!MayChange || !isAlive)
        {
            return ErrorCode.RequestTimedOut;
        }

        _pending = new PendingChange
        {
            Token = token,
            RecordEnd = leader.AppendControl([new ControlRecord.Voters(rest)]),
            DeadlineMs = Deadline(request.TimeoutMs),
            WaitsForCommit = true,
        };
        return ErrorCode.None;
    }

    /// <summary>C-11.5: answered once it is appended.</summary>
    private ErrorCode Update(RaftRequest.UpdateVoter request)
    {
        if (request.Epoch != node.State.Epoch)
        {
            return request.Epoch < node.State.Epoch ? ErrorCode.FencedLeaderEpoch : ErrorCode.UnknownLeaderEpoch;
        }

        if (!node.Voters.Contains(request.Voter.Key))
        {
            return ErrorCode.VoterNotFound;
        }

        if (string.IsNullOrEmpty(request.Voter.Endpoint.Host) || request.Voter.Endpoint.Port is < 1 or > 65535)
        {
            return ErrorCode.InvalidRequest;
        }

        VoterSet updated = node.Voters.Updated(request.Voter);
        if (updated == node.Voters)
        {
            return ErrorCode.None;
        }

        if (!MayChange)
        {
            return ErrorCode.RequestTimedOut;
        }

        leader.AppendControl([new ControlRecord.Voters(updated)]);
        return ErrorCode.None;
    }

    private void Probe(PendingChange change)
    {
        if (change.Joining is { } joining && !change.IsProbed)
        {
            Peer peer = Replica.PeerOf(joining);
            if (node.Outbox.CanSend(RequestKind.BeginQuorumEpoch, peer, node.NowMs))
            {
                node.Send(RequestKind.BeginQuorumEpoch, peer, leader.Begin(joining.Key));
            }
        }
    }

    private void TryAppend(PendingChange change)
    {
        bool isCaughtUp = change.Joining is { } joining && change.IsProbed && replicas.IsRecent(joining.Key)
            && replicas.Find(joining.Key)?.DurableEnd >= change.NeededEnd;
        if (isCaughtUp)
        {
            VoterSet others = node.Voters.Without(change.Joining!.Key.Id);
            change.RecordEnd = leader.AppendControl([new ControlRecord.Voters(others.With(change.Joining))]);
        }
    }

    private void Finish(ErrorCode error)
    {
        PendingChange change = _pending!;
        _pending = null;
        if (!change.IsAbandoned)
        {
            node.Reply(change.Token, node.Plain(error));
        }
    }

    private long Deadline(int timeoutMs) => node.NowMs + Math.Clamp(timeoutMs, 0, MaxTimeoutMs);

    private sealed class PendingChange
    {
        public required long Token { get; init; }
        public Voter? Joining { get; init; }
        public Offset NeededEnd { get; init; }
        public required long DeadlineMs { get; init; }
        public required bool WaitsForCommit { get; init; }
        public Offset? RecordEnd { get; set; }
        public bool IsProbed { get; set; }
        public bool IsAbandoned { get; set; }
    }
}
