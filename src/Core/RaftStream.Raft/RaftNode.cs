using RaftStream.Model;
using RaftStream.Raft.Messages;
using RaftStream.Raft.Requests;
using RaftStream.Raft.Roles;

namespace RaftStream.Raft;

/// <summary>One replica of the metadata quorum (C-1.1): an event in, effects out, deterministic; no clock, file, socket or task.</summary>
/// <remarks>
/// One owner; not thread-safe. The owner carries the effects out in their order, steps again at <see cref="NextDeadlineMs"/>,
/// and stops the process when a step throws (C-1.4).
/// </remarks>
public sealed class RaftNode
{
    /// <summary>A step goes through fewer roles than this.</summary>
    private const int MaxRolesInStep = 16;

    private readonly Replica _node;
    private readonly RequestRouter _requests;
    private readonly GracefulStop _stop;

    /// <summary>Starts from what the disk holds (C-13).</summary>
    /// <param name="start">Who the node is, and what recovery found.</param>
    /// <param name="prng">Owned by the node from now on.</param>
    /// <param name="nowMs">Monotonic clock, milliseconds.</param>
    /// <param name="effects">Takes what is to be done first.</param>
    public RaftNode(RaftStart start, Prng prng, long nowMs, List<RaftEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(effects);
        _node = new Replica(start, prng);
        _requests = new RequestRouter(_node);
        _stop = new GracefulStop(_node);
        _node.Begin(nowMs, effects);
        if (_node.Log.NewestSnapshot is { } snapshot)
        {
            _node.LoadSnapshot(snapshot);
        }

        Restart.TakeFirstRole(_node);
        Poll();
    }

    /// <summary>When to say <see cref="RaftEvent.TimePassed"/>; a past time is "at once".</summary>
    public long NextDeadlineMs =>
        Math.Min(Math.Min(_node.Role.DeadlineMs, _node.Outbox.NextDeadlineMs(_node.NowMs)), _stop.DeadlineMs);

    /// <summary>The node as it is now.</summary>
    public RaftView View => new(
        _node.Role.Kind,
        _node.State.Epoch,
        _node.Role.LeaderId,
        _node.State.VotedKey,
        _node.Role is Leader leader ? leader.HighWatermark : _node.HighWatermark,
        _node.Voters,
        _node.IsVoter,
        _node.Log.Start,
        _node.Log.End,
        _node.Log.DurableEnd);

    /// <summary>The voters in force behind the record at <paramref name="end"/> - 1, for a snapshot that ends there (C-10.1).</summary>
    public VoterSet VotersAt(Offset end) => _node.Log.Voters.At(end);

    /// <summary>The epoch of the record at <paramref name="offset"/>, which is in the log.</summary>
    public LeaderEpoch EpochAt(Offset offset) => _node.Log.EpochAt(offset);

    /// <summary>Takes one event and adds the effects it asks for, in order.</summary>
    /// <param name="happened">What happened.</param>
    /// <param name="nowMs">Monotonic clock, milliseconds.</param>
    /// <param name="effects">Takes what is to be done.</param>
    /// <exception cref="InvariantViolationException">A rule that safety rests on is broken: the process must stop (C-1.4).</exception>
    public void Step(RaftEvent happened, long nowMs, List<RaftEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(happened);
        ArgumentNullException.ThrowIfNull(effects);
        _node.Begin(nowMs, effects);
        Take(happened);
        Poll();
    }

    private void Take(RaftEvent happened)
    {
        switch (happened)
        {
            case RaftEvent.TimePassed:
                break;
            case RaftEvent.RequestArrived(long token, RaftRequest request):
                _requests.Take(token, request);
                break;
            case RaftEvent.RequestAbandoned(long token):
                (_node.Role as Leader)?.OnAbandoned(token);
                break;
            case RaftEvent.ResponseArrived(long id, RaftResponse response):
                TakeResponse(id, response);
                break;
            case RaftEvent.RequestFailed(long id):
                Fail(_node.Outbox.Take(id));
                break;
            case RaftEvent.ConnectionLost(NodeId node):
                _node.Role.OnConnectionLost(node);
                break;
            case RaftEvent.LogFlushed(Offset end):
                _node.Flusher.Ended(end);
                break;
            case RaftEvent.AppendRequested append:
                TakeAppend(append);
                break;
            case RaftEvent.BarrierRequested(long id):
                TakeBarrier(id);
                break;
            case RaftEvent.ResignRequested(LeaderEpoch epoch):
                if (_node.Role is Leader reigning && epoch == _node.State.Epoch)
                {
                    reigning.Resign(NodeId.None, "the controller cannot go on");
                }

                break;
            case RaftEvent.ShutdownRequested:
                _stop.Begin();
                break;
            default:
                TakeStateMachineEvent(happened);
                break;
        }
    }

    private void TakeStateMachineEvent(RaftEvent happened)
    {
        switch (happened)
        {
            case RaftEvent.Applied(Offset end):
                Invariant.Check(end <= _node.Published);
                _node.Applied = Offset.Max(_node.Applied, end);
                break;
            case RaftEvent.SnapshotCreated(SnapshotId id):
                _node.Log.AddSnapshot(id);
                break;
            case RaftEvent.SnapshotFetched(SnapshotId id, VoterSet voters):
                _node.Fetcher.OnSnapshotFetched(id, voters);
                break;
            case RaftEvent.SnapshotRejected(SnapshotId id):
                _node.Fetcher.OnSnapshotRejected(id);
                break;
            case RaftEvent.LogStartAdvanced(SnapshotId oldest):
                _node.Log.AdvanceStart(oldest);
                break;
            default:
                throw new System.Diagnostics.UnreachableException(happened.GetType().Name);
        }
    }

    /// <summary>Common handling of answers (7.4): epoch and leader first, then the answer, if it still means something.</summary>
    private void TakeResponse(long id, RaftResponse response)
    {
        if (_node.Outbox.Take(id) is not { } request)
        {
            return; // C-1.5
        }

        Role before = _node.Role;
        if (response.Error == ErrorCode.InconsistentClusterId)
        {
            Fail(request);
            return;
        }

        _node.Transitions.Learn(response.LeaderEpoch, response.LeaderId, response.LeaderEndpoint);
        if (_node.Role != before)
        {
            return;
        }

        if (response.LeaderEpoch < _node.State.Epoch)
        {
            Fail(request);
        }
        else
        {
            _node.Role.OnResponse(request, response);
        }
    }

    private void Fail(Outstanding? request)
    {
        if (request is not null)
        {
            _node.Outbox.Failed(request.Peer, _node.NowMs);
        }
    }

    private void TakeAppend(RaftEvent.AppendRequested append)
    {
        if (_node.Role is Leader leader)
        {
            leader.OnAppend(append);
        }
        else
        {
            _node.Effects.Add(new RaftEffect.AppendCompleted(append.Id, ErrorCode.NotLeaderOrFollower, _node.Log.End));
        }
    }

    private void TakeBarrier(long id)
    {
        if (_node.Role is Leader leader)
        {
            leader.OnBarrier(id);
        }
        else
        {
            _node.Effects.Add(new RaftEffect.BarrierCompleted(id, ErrorCode.NotLeaderOrFollower));
        }
    }

    /// <summary>Timers, requests that are due, roles that follow from each other, and what the others want to know.</summary>
    private void Poll()
    {
        foreach (Outstanding expired in _node.Outbox.TakeExpired(_node.NowMs))
        {
            Fail(expired);
        }

        Role polled;
        int rounds = 0;
        do
        {
            polled = _node.Role;
            polled.Poll();
            Invariant.Check(++rounds < MaxRolesInStep);
        }
        while (_node.Role != polled);

        _node.FlushIfNeeded();
        _stop.Poll();
        _node.TellChanges();
    }
}
