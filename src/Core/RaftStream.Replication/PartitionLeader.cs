using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>The leader of one partition: high watermark, followers, ISR, produce waiters, parked fetches .</summary>
/// <remarks>
/// One event in, effects out, to be carried out in their order. Time comes with each event, in milliseconds of one
/// monotonic clock; <see cref="NextDeadlineMs"/> says when to call <see cref="OnTimePassed"/> at the latest. One owner;
/// not thread-safe. Nothing is allocated in steady state: the caller reuses its list of effects.
/// </remarks>
/// <typeparam name="TProduce">What the shell calls a produce request; opaque.</typeparam>
/// <typeparam name="TFetch">What the shell calls a fetch; opaque but for equality.</typeparam>
public sealed class PartitionLeader<TProduce, TFetch>
{
    private readonly WaitingClients<TProduce, TFetch> _clients;
    private readonly RemoteReplicas<TProduce, TFetch> _remotes = new();
    private readonly IsrKeeper<TProduce, TFetch> _isr;
    private readonly RoundBarrier _rounds = new();
    private readonly ReplicationTimes _times;
    private LeadershipState? _state;

    /// <param name="times">How long to wait; null is the defaults.</param>
    public PartitionLeader(ReplicationTimes? times = null)
    {
        _times = times ?? new ReplicationTimes();
        _clients = new WaitingClients<TProduce, TFetch>(_times);
        _isr = new IsrKeeper<TProduce, TFetch>(_remotes, _times);
        _remotes.KeepsState = _times.Broke(ReplicationSabotage.KeepRemoteState);
    }

    /// <summary>True between <see cref="OnBecomeLeader"/> and <see cref="OnResign"/>.</summary>
    public bool IsLeading => _state is not null;

    /// <summary>The reign; <see cref="LeaderEpoch.Unknown"/> when not leading.</summary>
    public LeaderEpoch LeaderEpoch => _state?.LeaderEpoch ?? LeaderEpoch.Unknown;

    /// <summary>Version of the metadata in force.</summary>
    public PartitionEpoch PartitionEpoch => _state?.PartitionEpoch ?? new PartitionEpoch(-1);

    /// <summary>The log end when the reign began (LESO).</summary>
    public Offset ReignStart { get; private set; }

    /// <summary>Everything below is committed; never falls .</summary>
    public Offset HighWatermark { get; private set; }

    /// <summary>This replica's log.</summary>
    public LogBounds Bounds { get; private set; }

    /// <summary>Produce requests that wait.</summary>
    public int WaitingProduces => _clients.Produces;

    /// <summary>Fetches that wait.</summary>
    public int ParkedFetches => _clients.Fetches;

    /// <summary>Bytes committed since the reign began: the base of <see cref="OnFetchParked"/>'s count.</summary>
    public long CommittedBytes => _clients.CommittedBytes;

    /// <summary>When <see cref="OnTimePassed"/> has something to do at the earliest; <see cref="long.MaxValue"/> is never.</summary>
    public long NextDeadlineMs => _state is null
        ? _clients.NextDeadlineMs
        : Math.Min(_clients.NextDeadlineMs, Math.Min(_remotes.NextDeadlineMs, _isr.NextDeadlineMs));

    /// <summary>The latest round that somebody asked for; it goes with every answer to a follower .</summary>
    public long Round => _rounds.Latest;

    /// <summary>The members that the high watermark waits for: the committed ISR and all that was proposed since .</summary>
    internal IEnumerable<NodeId> MaximalIsr => _state is null ? [] : _remotes.MaximalIsr.Append(_state.Self);

    /// <summary>Begins a reign, or takes new metadata within it .</summary>
    /// <param name="bounds">The log now.</param>
    /// <param name="highWatermarkHint">What is known to be committed, from following or from the checkpoint .</param>
    public void OnBecomeLeader(
        LeadershipState state, LogBounds bounds, Offset highWatermarkHint, long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(effects);
        Invariant.Check(state.Isr.Contains(state.Self));
        Invariant.Check(state.MinIsr >= 1);
        Invariant.Check(_state is null || state.PartitionEpoch.Value > _state.PartitionEpoch.Value);
        Invariant.Check(_state is null || state.LeaderEpoch >= _state.LeaderEpoch);
        bool isNewReign = _state?.LeaderEpoch != state.LeaderEpoch;
        if (isNewReign)
        {
            // a waiter is bound to its epoch, and nobody sees half of the change.
            Release(ErrorCode.NotLeaderOrFollower, effects);
            ReignStart = bounds.LogEnd;
            Offset known = _state is null ? highWatermarkHint : Offset.Max(HighWatermark, highWatermarkHint);
            HighWatermark = Offset.Max(bounds.LogStart, Offset.Min(known, bounds.LogEnd));
            Bounds = bounds;
        }

        _state = state;
        _remotes.Assign(state, isNewReign, bounds.LogEnd, nowMs, effects);
        _isr.Assign(state, isNewReign, nowMs);
        TakeBounds(bounds);
        Advance(nowMs, effects);
    }

    /// <summary>A broker was fenced, came back or registered anew: who may join the ISR is judged by this .</summary>
    public void OnBrokersChanged(ImmutableArray<ReplicaStatus> brokers, long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        if (_state is not null)
        {
            _remotes.TakeStatus(brokers);
            Advance(nowMs, effects);
        }
    }

    /// <summary>Says whether a produce request with these acks may be appended now .</summary>
    public ErrorCode CheckProduce(RequiredAcks acks)
    {
        if (_state is null)
        {
            return ErrorCode.NotLeaderOrFollower;
        }

        return acks switch
        {
            RequiredAcks.All when _state.Isr.Length < _state.MinIsr => ErrorCode.NotEnoughReplicas,
            RequiredAcks.All or RequiredAcks.Leader or RequiredAcks.None => ErrorCode.None,
            _ => ErrorCode.InvalidRequiredAcks,
        };
    }

    /// <summary>A batch was appended; the request is answered by an effect, now or later .</summary>
    /// <param name="request">Not answered when <paramref name="acks"/> is <see cref="RequiredAcks.None"/>.</param>
    /// <param name="baseOffset">First offset of the batch; the log end before.</param>
    /// <param name="bytes">Bytes of the batch.</param>
    /// <param name="bounds">The log after the append.</param>
    /// <param name="deadlineMs">When to stop waiting.</param>
    public void OnAppended(
        TProduce request,
        RequiredAcks acks,
        Offset baseOffset,
        int bytes,
        LogBounds bounds,
        long deadlineMs,
        long nowMs,
        List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        Invariant.Check(_state is not null);
        Invariant.Check(baseOffset == Bounds.LogEnd);
        Invariant.Check(bounds.LogEnd > baseOffset);
        _remotes.LeaderAppends(baseOffset, bounds.LogEnd, _state.CountsFlushed, nowMs);
        _clients.Appended(request, acks, baseOffset, bounds.LogEnd, bytes, deadlineMs);
        TakeBounds(bounds);
        Advance(nowMs, effects);
    }

    /// <summary>A producer sent again what is in the log: it is answered when the original is committed, never before .</summary>
    /// <param name="baseOffset">First offset of the original.</param>
    /// <param name="end">Its exclusive end.</param>
    public void OnDuplicate(
        TProduce request, RequiredAcks acks, Offset baseOffset, Offset end, long deadlineMs, long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        Invariant.Check(_state is not null);
        Invariant.Check(end <= Bounds.LogEnd);
        if (acks != RequiredAcks.None)
        {
            _clients.SentAgain(request, acks, baseOffset, end, deadlineMs);
            Advance(nowMs, effects);
        }
    }

    /// <summary>A flush has ended, or the log start has moved: the log's bounds are new .</summary>
    public void OnLogChanged(LogBounds bounds, long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        if (_state is null)
        {
            return;
        }

        bool startMoved = bounds.LogStart > Bounds.LogStart;
        TakeBounds(bounds);
        Advance(nowMs, effects);
        if (startMoved)
        {
            _clients.WakeFetchesBelow(bounds.LogStart, effects);
        }
    }

    /// <summary>The log start was moved by a client, who waits until all replicas that are up have moved theirs .</summary>
    /// <param name="request">Answered by an effect, now or later, as a produce request is.</param>
    /// <param name="bounds">The log with its new start.</param>
    /// <param name="deadlineMs">When to stop waiting.</param>
    public void OnLogStartAwaited(TProduce request, LogBounds bounds, long deadlineMs, long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        Invariant.Check(_state is not null);
        OnLogChanged(bounds, nowMs, effects);
        _clients.AddForStart(request, bounds.LogStart, deadlineMs);
        _clients.CompleteStart(_remotes.StartHeld(bounds.LogStart), effects);
    }

    /// <summary>A follower says how far it is, and asks for more. It leads, and the fetch is of this reign: the caller has looked.</summary>
    /// <param name="ownEnd">Where the fetch's last epoch ends in this log; null when that log is empty.</param>
    /// <param name="tag">What the shell calls the fetch; it takes the place of one that waited for this follower.</param>
    public FetchVerdict OnFollowerFetch(
        in FollowerFetch fetch, EpochEndOffset? ownEnd, TFetch tag, long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        Invariant.Check(_state is not null && fetch.LeaderEpoch == _state.LeaderEpoch);
        if (_remotes.Find(fetch.Replica) is not { } replica)
        {
            return new FetchVerdict(ErrorCode.UnknownLeaderEpoch, null, false); // This node's metadata may be the older one.
        }

        bool isStale = fetch.BrokerEpoch.Value < Math.Max(replica.Epoch.Value, replica.Status.Epoch.Value);
        if (isStale && !_times.Broke(ReplicationSabotage.TakeStaleBroker))
        {
            return new FetchVerdict(ErrorCode.StaleBrokerEpoch, null, false);
        }

        // Before the epochs are compared: a follower cannot be told to truncate upwards (P65).
        if (fetch.Offset < Bounds.LogStart)
        {
            return new FetchVerdict(ErrorCode.OffsetOutOfRange, null, false);
        }

        if (ownEnd is { } end && (end.Epoch < fetch.LastFetchedEpoch || end.EndOffset < fetch.Offset))
        {
            if (_times.Broke(ReplicationSabotage.CountDivergingFetch))
            {
                replica.Take(fetch, Bounds.LogEnd, _state.CountsFlushed, nowMs);
            }

            return new FetchVerdict(ErrorCode.None, end, false); // Nothing of it counts (R-6.2, P46).
        }

        if (fetch.Offset > Bounds.LogEnd)
        {
            return new FetchVerdict(ErrorCode.OffsetOutOfRange, null, false);
        }

        // All that the follower has lies below the log start, where epochs are forgotten: it may be what was replaced here before it
        // was deleted. The answer tells it the start; what it asks for from there counts (S-R2).
        bool isCompared = ownEnd?.EndOffset != Bounds.LogStart;
        if (isCompared)
        {
            replica.Take(fetch, Bounds.LogEnd, _state.CountsFlushed, nowMs);
        }

        if (!fetch.IsProgressOnly)
        {
            replica.Park(fetch, tag);
        }

        Advance(nowMs, effects);
        return new FetchVerdict(ErrorCode.None, null, true);
    }

    /// <summary>The follower's connection is gone, and with it the fetch that waits.</summary>
    public void OnFollowerGone(NodeId follower, TFetch tag)
    {
        if (_remotes.Find(follower) is { Parked.IsSet: true } replica && EqualityComparer<TFetch>.Default.Equals(replica.Parked.Fetch, tag))
        {
            replica.Parked = default;
        }
    }

    /// <summary>The controller's answer to <see cref="PartitionEffectKind.ProposeIsr"/>, when it is not new metadata .</summary>
    public void OnProposalAnswered(IsrChange change, ErrorCode error, long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        if (_state is not null)
        {
            _isr.Answered(change, error, nowMs);
            Advance(nowMs, effects);
        }
    }

    /// <summary>Asks all that could take over whether this node still leads; <see cref="PartitionEffectKind.ConfirmRound"/> is the answer.</summary>
    /// <returns>The round.</returns>
    public long OnRoundRequested(long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        Invariant.Check(_state is not null);
        long round = _rounds.Begin();
        Advance(nowMs, effects);
        return round;
    }

    /// <summary>Parks a fetch until enough is committed, or wakes it at once when that is so already.</summary>
    /// <param name="fetch">Unique among the parked ones.</param>
    /// <param name="offset">Where it wants to read.</param>
    /// <param name="seen">The high watermark that the caller had when it found too little: anything newer wakes a fetch at once.</param>
    /// <param name="missingBytes">Bytes that must be committed beyond <paramref name="seen"/>; at least 1.</param>
    public void OnFetchParked(
        TFetch fetch,
        Offset offset,
        Offset seen,
        long missingBytes,
        long deadlineMs,
        List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        Invariant.Check(missingBytes >= 1);
        ErrorCode error = _state is null ? ErrorCode.NotLeaderOrFollower : ErrorCode.None;
        if (_state is null || HighWatermark > seen || offset < Bounds.LogStart)
        {
            effects.Add(new() { Kind = PartitionEffectKind.WakeFetch, Fetch = fetch, Error = error });
            return;
        }

        _clients.Park(fetch, offset, missingBytes, deadlineMs);
    }

    /// <summary>Forgets a parked fetch; false when it was woken before (its effect is out already).</summary>
    public bool OnFetchCancelled(TFetch fetch) => _clients.Remove(fetch);

    /// <summary>Ends waits whose deadline has passed.</summary>
    public void OnTimePassed(long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        _clients.Expire(nowMs, effects);
        if (_state is not null)
        {
            Advance(nowMs, effects);
        }
    }

    /// <summary>Ends the reign: all that wait are answered with <paramref name="error"/> (R-3.5).</summary>
    public void OnResign(ErrorCode error, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        Invariant.Check(error != ErrorCode.None);
        Release(error, effects);
        _isr.Stop();
        _state = null;
    }

    private void Release(ErrorCode error, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        _clients.FailAll(error, effects);
        _remotes.WakeAll(error, effects);
        _rounds.GiveUp();
    }

    private void TakeBounds(LogBounds bounds)
    {
        Invariant.Check(bounds.LogStart <= bounds.LogEnd);
        Invariant.Check(bounds.EffectiveEnd <= bounds.LogEnd);
        Invariant.Check(bounds.LogEnd >= Bounds.LogEnd); // a leader never truncates while it leads (S-C5)
        Invariant.Check(bounds.LogStart >= Bounds.LogStart);
        Bounds = bounds;
        HighWatermark = Offset.Max(HighWatermark, bounds.LogStart);
    }

    /// <summary>R-5.1 and: moves the high watermark, then completes what waited for it.</summary>
    private void Advance(long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        Offset before = HighWatermark;
        Offset own = _times.Broke(ReplicationSabotage.CountUnflushedSelf) ? Bounds.LogEnd : Bounds.EffectiveEnd;
        Offset reached = _remotes.Reached(own, _state!.CountsFlushed) ?? HighWatermark;
        reached = _times.Broke(ReplicationSabotage.CountNobodyElse) ? own : reached;
        bool isEnough = _state.Isr.Length >= _state.MinIsr || _times.Broke(ReplicationSabotage.AdvanceBelowMinIsr);
        bool moved = reached > HighWatermark && isEnough;
        if (moved)
        {
            HighWatermark = reached;
            Invariant.Check(HighWatermark <= Bounds.LogEnd);

            // First, so that a producer that reads after its answer finds what it wrote.
            effects.Add(new() { Kind = PartitionEffectKind.PublishHighWatermark, HighWatermark = HighWatermark });
        }

        _clients.Complete(Bounds.EffectiveEnd, HighWatermark, effects);
        if (_clients.AwaitStart)
        {
            _clients.CompleteStart(_remotes.StartHeld(Bounds.LogStart), effects);
        }

        if (moved)
        {
            _clients.WakeFetches(HighWatermark, knowsSizes: before >= ReignStart, effects);
        }

        ConfirmRounds(effects);
        if (!_remotes.All.IsEmpty || _state.IsRecovering)
        {
            _isr.Propose(Bounds, HighWatermark, ReignStart, nowMs, effects);
            _remotes.WakeWithNews(Bounds, HighWatermark, _rounds.Latest, nowMs, _times.HighWatermarkLingerMs, effects);
        }
    }

    private void ConfirmRounds(List<PartitionEffect<TProduce, TFetch>> effects)
    {
        if (!_rounds.IsAwaited || _state!.Isr.Length < _state.MinIsr)
        {
            return;
        }

        long confirmed = _remotes.ConfirmedRound(_rounds.Latest);
        if (_rounds.TryConfirm(confirmed))
        {
            effects.Add(new() { Kind = PartitionEffectKind.ConfirmRound, Round = confirmed });
        }
    }
}
