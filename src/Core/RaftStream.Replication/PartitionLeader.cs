using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>The leader of one partition: high watermark, produce waiters, parked fetches .</summary>
/// <remarks>
/// One event in, effects out, to be carried out in their order. Time comes with each event, in milliseconds of one
/// monotonic clock; <see cref="NextDeadlineMs"/> says when to call <see cref="OnTimePassed"/> at the latest. One owner;
/// not thread-safe. Nothing is allocated in steady state: the caller reuses its list of effects.
/// </remarks>
/// <typeparam name="TProduce">What the shell calls a produce request; opaque.</typeparam>
/// <typeparam name="TFetch">What the shell calls a fetch; opaque but for equality.</typeparam>
public sealed class PartitionLeader<TProduce, TFetch>
{
    private readonly ProduceWaiters<TProduce, TFetch> _waitForSelf = new();
    private readonly ProduceWaiters<TProduce, TFetch> _waitForIsr = new();
    private readonly ParkedFetches<TProduce, TFetch> _parked = new();
    private readonly CommittedBytes _committed = new();
    private LeadershipState? _state;
    private bool _isrIsSelf;

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
    public int WaitingProduces => _waitForSelf.Count + _waitForIsr.Count;

    /// <summary>Fetches that wait.</summary>
    public int ParkedFetches => _parked.Count;

    /// <summary>Bytes committed since the reign began: the base of <see cref="OnFetchParked"/>'s count.</summary>
    public long CommittedBytes => _committed.Total;

    /// <summary>When <see cref="OnTimePassed"/> has something to do at the earliest; <see cref="long.MaxValue"/> is never.</summary>
    public long NextDeadlineMs =>
        Math.Min(Math.Min(_waitForSelf.NextDeadlineMs, _waitForIsr.NextDeadlineMs), _parked.NextDeadlineMs);

    /// <summary>Begins a reign, or takes new metadata within it .</summary>
    /// <param name="bounds">The log now.</param>
    /// <param name="highWatermarkHint">From the checkpoint: a lower bound of what was committed .</param>
    public void OnBecomeLeader(
        LeadershipState state, LogBounds bounds, Offset highWatermarkHint, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(effects);
        Invariant.Check(state.Isr.Contains(state.Self));
        Invariant.Check(state.MinIsr >= 1);
        Invariant.Check(_state is null || state.PartitionEpoch.Value > _state.PartitionEpoch.Value);
        Invariant.Check(_state is null || state.LeaderEpoch >= _state.LeaderEpoch);
        if (_state?.LeaderEpoch != state.LeaderEpoch)
        {
            // a waiter is bound to its epoch, and nobody sees half of the change.
            Release(ErrorCode.NotLeaderOrFollower, effects);
            ReignStart = bounds.LogEnd;
            HighWatermark = Offset.Max(HighWatermark, Offset.Min(highWatermarkHint, bounds.LogEnd));
        }

        _state = state;
        _isrIsSelf = IsAlone(state.Isr, state.Self);
        TakeBounds(bounds);
        Advance(effects);
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
        List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        Invariant.Check(_state is not null);
        Invariant.Check(baseOffset == Bounds.LogEnd);
        Invariant.Check(bounds.LogEnd > baseOffset);
        _committed.Appended(bounds.LogEnd, bytes);
        if (acks == RequiredAcks.All)
        {
            _waitForIsr.Add(request, baseOffset, bounds.LogEnd, deadlineMs);
        }
        else if (acks == RequiredAcks.Leader)
        {
            _waitForSelf.Add(request, baseOffset, bounds.LogEnd, deadlineMs);
        }

        TakeBounds(bounds);
        Advance(effects);
    }

    /// <summary>A flush has ended, or the log start has moved: the log's bounds are new .</summary>
    public void OnLogChanged(LogBounds bounds, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        if (_state is null)
        {
            return;
        }

        bool startMoved = bounds.LogStart > Bounds.LogStart;
        TakeBounds(bounds);
        Advance(effects);
        if (startMoved)
        {
            _parked.WakeBelow(bounds.LogStart, effects);
        }
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

        _parked.Add(fetch, offset, _committed.Total + missingBytes, deadlineMs);
    }

    /// <summary>Forgets a parked fetch; false when it was woken before (its effect is out already).</summary>
    public bool OnFetchCancelled(TFetch fetch) => _parked.Remove(fetch);

    /// <summary>Ends waits whose deadline has passed.</summary>
    public void OnTimePassed(long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        _waitForSelf.Expire(nowMs, effects);
        _waitForIsr.Expire(nowMs, effects);
        _parked.WakeByTime(nowMs, effects);
    }

    /// <summary>Ends the reign: all that wait are answered with <paramref name="error"/> (R-3.5).</summary>
    public void OnResign(ErrorCode error, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        ArgumentNullException.ThrowIfNull(effects);
        Invariant.Check(error != ErrorCode.None);
        Release(error, effects);
        _state = null;
    }

    private void Release(ErrorCode error, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        _waitForSelf.FailAll(error, effects);
        _waitForIsr.FailAll(error, effects);
        _parked.WakeAll(error, effects);
        _committed.Clear();
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
    private void Advance(List<PartitionEffect<TProduce, TFetch>> effects)
    {
        Offset before = HighWatermark;
        Offset reached = IsrEnd();
        bool moved = reached > HighWatermark && _state!.Isr.Length >= _state.MinIsr;
        if (moved)
        {
            HighWatermark = reached;
            Invariant.Check(HighWatermark <= Bounds.LogEnd);
            _committed.Committed(HighWatermark);

            // First, so that a producer that reads after its answer finds what it wrote.
            effects.Add(new() { Kind = PartitionEffectKind.PublishHighWatermark, HighWatermark = HighWatermark });
        }

        _waitForSelf.Complete(Bounds.EffectiveEnd, effects);
        _waitForIsr.Complete(HighWatermark, effects);
        if (moved && before < ReignStart)
        {
            // The sizes of batches from before the reign are not known here: let each fetch look for itself.
            _parked.WakeAll(ErrorCode.None, effects);
        }
        else if (moved)
        {
            _parked.WakeByBytes(_committed.Total, effects);
        }
    }

    /// <summary>The smallest effective end of the ISR. A member that has not fetched in this reign is unknown, and the watermark stays .</summary>
    private Offset IsrEnd() => _isrIsSelf ? Bounds.EffectiveEnd : HighWatermark;

    private static bool IsAlone(ImmutableArray<NodeId> isr, NodeId self) => isr.Length == 1 && isr[0] == self;
}
