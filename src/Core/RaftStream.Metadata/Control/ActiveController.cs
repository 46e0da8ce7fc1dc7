using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>One reign of a controller: what was decided and is not committed yet (C-14.2). Dropped with the reign (C-14.4).</summary>
internal sealed class ActiveController
{
    private readonly ControllerOptions _options;
    private readonly BrokerSessions _sessions;
    private readonly Queue<(long? Id, ControllerOperation Operation)> _waiting = [];
    private readonly Queue<(long Id, ImmutableArray<MetadataRecord> Records)> _unaccepted = [];
    private readonly Queue<Pending> _pending = [];
    private readonly SortedDictionary<long, (long? Id, object? Response)> _barriers = [];
    private MetadataImage _latest;
    private Current? _current;
    private long _nextNoOpMs;
    private bool _fencing;
    private long _nextBalanceMs;
    private NodeId _balancedTo = NodeId.None;
    private bool _balancing;
    private long _wakesMs = long.MaxValue;

    /// <summary>An operation whose batches the log is taking.</summary>
    private sealed record Current(long? Id, OperationDecision Decision, MetadataDelta Delta);

    /// <summary>An operation that waits for its last offset, and reads that have seen it.</summary>
    private sealed record Pending(PublishedChange Change, List<(long? Id, object? Response)> Answers);

    public ActiveController(ControllerOptions options, LeaderEpoch epoch, MetadataReplay committed, long nowMs)
    {
        _options = options;
        _latest = committed.Image;
        _sessions = new BrokerSessions(committed.Image, options.BrokerSessionMs, nowMs);
        _nextNoOpMs = nowMs + options.NoOpIntervalMs;
        _nextBalanceMs = options.LeaderBalanceIntervalMs > 0 ? nowMs + options.LeaderBalanceIntervalMs : long.MaxValue;
        Epoch = epoch;
        foreach (ControllerOperation operation in Activation.Operations(committed.InTransaction))
        {
            _waiting.Enqueue((null, operation));
        }
    }

    public LeaderEpoch Epoch { get; }

    public MetadataImage Latest => _latest;

    public long NextDeadlineMs
    {
        get
        {
            long next = _fencing ? _nextNoOpMs : Math.Min(_nextNoOpMs, _sessions.NextDeadlineMs(_latest.Brokers));
            return _balancing ? next : Math.Min(next, _nextBalanceMs);
        }
    }

    /// <summary>Numbers of appends and barriers; never used twice.</summary>
    public required Func<long> NextId { get; init; }

    public void Submit(long id, ControllerOperation operation, List<ControllerEffect> effects)
    {
        if (_waiting.Count >= _options.MaxWaiting)
        {
            effects.Add(new ControllerEffect.Answer(id, null, new OperationError(
                ErrorCode.ThrottlingQuotaExceeded, "Too many metadata operations wait; try again.")));
            return;
        }

        _waiting.Enqueue((id, operation));
    }

    /// <summary>Periodic work as ordinary operations: at most one fencing at a time (C-14.6).</summary>
    public void OnTimePassed(long nowMs)
    {
        if (nowMs >= _nextNoOpMs)
        {
            _nextNoOpMs = nowMs + _options.NoOpIntervalMs;
            if (_waiting.Count == 0)
            {
                _waiting.Enqueue((null, Activation.NoOp));
            }
        }

        if (!_fencing && _sessions.FirstExpired(_latest.Brokers, nowMs) is not null)
        {
            _fencing = true;
            ControllerOperation fence = HeartbeatControl.FenceOne();
            _waiting.Enqueue((null, fence with
            {
                Decide = view =>
                {
                    _fencing = false;
                    return fence.Decide(view);
                },
                StrongRead = false,
            }));
        }

        if (!_balancing && nowMs >= _nextBalanceMs)
        {
            _balancing = true;
            _waiting.Enqueue((null, new ControllerOperation("balance leaders", Balance, StrongRead: false)));
        }
    }

    /// <summary>One broker's share of; the next one's follows at once, after what came in meanwhile.</summary>
    private OperationDecision Balance(ControllerView view)
    {
        Decision<NodeId?> decision = BalanceControl.Piece(view.Latest, view.Settings, _balancedTo, _options.LeaderImbalancePercent);
        _balancing = false;
        _balancedTo = decision.Response ?? NodeId.None;
        _nextBalanceMs = decision.Response is null ? view.NowMs + _options.LeaderBalanceIntervalMs : view.NowMs;
        return new OperationDecision(decision.Records, _ => null);
    }

    /// <summary>The connection of a broker closed: it is given little time to be heard of again .</summary>
    public void OnDisconnected(NodeId broker, long nowMs) => _sessions.Shorten(broker, nowMs + _options.DisconnectedSessionMs);

    /// <summary>
    /// Time in which this node itself did not run does not count against brokers: their heartbeats wait behind this very
    /// step, and a machine that stalls must not lose all its brokers at once.
    /// </summary>
    public void OnWoken(long nowMs)
    {
        if (nowMs - _wakesMs > _options.TolerableDelayMs)
        {
            _sessions.Extend(nowMs - _wakesMs + _options.DisconnectedSessionMs); // and a moment to hear what waits
        }
    }

    /// <summary>Notes when it should be woken at the latest. What is overdue already waits for the log, not for this node to run.</summary>
    public void OnAsleep(long nowMs) => _wakesMs = NextDeadlineMs > nowMs ? NextDeadlineMs : long.MaxValue;

    /// <summary>Decides what waits, as long as the log has taken everything decided before.</summary>
    public void Pump(long nowMs, List<ControllerEffect> effects)
    {
        while (_current is null && _waiting.TryDequeue(out (long? Id, ControllerOperation Operation) next))
        {
            OperationDecision decision = next.Operation.Decide(new ControllerView(_latest, _sessions, nowMs, _options.Settings));
            if (decision.Records.IsEmpty)
            {
                Read(next.Id, next.Operation.StrongRead, decision.Response(_latest), effects);
                continue;
            }

            _current = new Current(next.Id, decision, new MetadataDelta(_latest));
            foreach (ImmutableArray<MetadataRecord> batch in AppendPlan.Batches(next.Operation.Name, decision.Records, _options))
            {
                long id = NextId();
                _unaccepted.Enqueue((id, batch));
                effects.Add(new ControllerEffect.Append(id, Epoch, batch));
            }
        }
    }

    /// <summary>The append is one of this reign: answers to a former one may still arrive.</summary>
    public bool Waits(long appendId) => _unaccepted.Any(append => append.Id == appendId);

    public void OnAccepted(long id, long baseOffset)
    {
        if (!Waits(id))
        {
            return;
        }

        (long expected, ImmutableArray<MetadataRecord> records) = _unaccepted.Dequeue();
        Invariant.Check(id == expected);
        _current!.Delta.SkipTo(baseOffset); // the quorum may have put records of its own in between
        foreach (MetadataRecord record in records)
        {
            _current.Delta.Replay(record, baseOffset++);
        }

        if (_unaccepted.Count == 0)
        {
            _latest = _current.Delta.Apply();
            object? response = _current.Decision.Response(_latest);
            _pending.Enqueue(new Pending(new PublishedChange(_current.Delta, _latest), [(_current.Id, response)]));
            _current = null;
        }
    }

    /// <summary>Answers everything that is committed now.</summary>
    /// <returns>The committed image.</returns>
    public MetadataImage OnCommitted(MetadataImage committed, long highWatermark, List<ControllerEffect> effects)
    {
        while (_pending.TryPeek(out Pending? first) && first.Change.Image.EndOffset <= highWatermark)
        {
            _pending.Dequeue();
            committed = first.Change.Image;
            effects.Add(new ControllerEffect.Published(first.Change));
            foreach ((long? id, object? response) in first.Answers)
            {
                Answer(id, response, effects);
            }
        }

        return committed;
    }

    public void OnBarrier(long id, bool stillLeader, List<ControllerEffect> effects)
    {
        if (!_barriers.Remove(id, out (long? Id, object? Response) read))
        {
            return;
        }

        if (stillLeader)
        {
            Answer(read.Id, read.Response, effects);
        }
        else
        {
            Fail(read.Id, effects);
        }
    }

    /// <summary>The reign is over: whether what was appended will be committed is for its successor to say (C-14.4, P32).</summary>
    public void End(List<ControllerEffect> effects)
    {
        IEnumerable<long?> open = _pending.SelectMany(p => p.Answers.Select(a => a.Id))
            .Append(_current?.Id)
            .Concat(_barriers.Values.Select(b => b.Id))
            .Concat(_waiting.Select(w => w.Id));
        foreach (long? id in open)
        {
            Fail(id, effects);
        }
    }

    /// <summary>C-14.3: the answer rests on everything decided so far, so it waits for that.</summary>
    private void Read(long? id, bool strong, object? response, List<ControllerEffect> effects)
    {
        if (_pending.Count > 0)
        {
            _pending.Last().Answers.Add((id, response));
        }
        else if (strong && id is not null)
        {
            long barrier = NextId();
            _barriers.Add(barrier, (id, response));
            effects.Add(new ControllerEffect.RequestBarrier(barrier));
        }
        else
        {
            Answer(id, response, effects);
        }
    }

    private static void Answer(long? id, object? response, List<ControllerEffect> effects)
    {
        if (id is { } asked)
        {
            effects.Add(new ControllerEffect.Answer(asked, response, null));
        }
    }

    private static void Fail(long? id, List<ControllerEffect> effects)
    {
        if (id is { } asked)
        {
            effects.Add(new ControllerEffect.Answer(asked, null, Controller.NotController));
        }
    }
}
