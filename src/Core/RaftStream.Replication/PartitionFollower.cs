using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>The follower of one partition: one fetch at a time, and what its answer means (section 7 of the rules).</summary>
/// <remarks>Pure; one owner, not thread-safe. Nothing is allocated in steady state.</remarks>
/// <param name="times">How long to wait; null is the defaults.</param>
public sealed class PartitionFollower(ReplicationTimes? times = null)
{
    private readonly ReplicationTimes _times = times ?? new ReplicationTimes();
    private FollowerState? _state;
    private long _correlation;
    private bool _isWaiting;
    private Offset _sentStart;
    private Offset _sentEnd;
    private long _round;
    private bool _isCompared; // in this reign, with what the leader has
    private (LeaderEpoch Leader, BrokerEpoch Broker)? _judged;
    private bool _mayBeGivenUp;

    /// <summary>True between <see cref="OnBecomeFollower"/> and <see cref="OnResign"/>.</summary>
    public bool IsFollowing => _state is not null;

    /// <summary>The metadata in force; null when not following.</summary>
    public FollowerState? State => _state;

    /// <summary>True while a fetch has no answer yet.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>Follows a leader: a new reign starts anew even when the leader is the same (R-3.5, P62).</summary>
    /// <returns>True when the reign is new, or the first.</returns>
    public bool OnBecomeFollower(FollowerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Invariant.Check(_state is null || state.LeaderEpoch >= _state.LeaderEpoch);
        bool isNew = _state is null || state.LeaderEpoch > _state.LeaderEpoch || state.BrokerEpoch != _state.BrokerEpoch;
        _state = state;
        if (isNew)
        {
            Forget();
            (_round, _isCompared) = (0, false);
        }

        return isNew;
    }

    /// <summary>Follows nobody any more; an answer that still comes means nothing.</summary>
    public void OnResign()
    {
        _state = null;
        Forget();
    }

    /// <summary>The connection is gone: the fetch that waited will have no answer.</summary>
    public void OnConnectionLost() => Forget();

    /// <summary>The next fetch; only when none waits.</summary>
    public FollowerFetch Fetch(in FollowerLog log)
    {
        Invariant.Check(_state is not null && !_isWaiting);
        Judge(log);
        (_isWaiting, _sentStart, _sentEnd) = (true, log.Start, log.End);
        _correlation++;
        return Make(log);
    }

    /// <summary>Says how far the log is flushed, beside the fetch that waits .</summary>
    public FollowerFetch Progress(in FollowerLog log)
    {
        Invariant.Check(_state is not null);
        return Make(log) with { IsProgressOnly = true };
    }

    /// <summary>Takes an answer.</summary>
    /// <param name="ownEnd">Where the answer's diverging epoch ends in this log; null when it has none.</param>
    public FollowerStep OnAnswer(in FetchAnswer answer, in FollowerLog log, EpochEndOffset? ownEnd)
    {
        // R-7.1 (E): only the answer to the last fetch, and only while the log is as it was then.
        bool isExpected = (_isWaiting && answer.Correlation == _correlation) || _times.Broke(ReplicationSabotage.TakeAnyAnswer);
        if (_state is null || !isExpected)
        {
            return new FollowerStep(FollowerStepKind.Ignore);
        }

        _isWaiting = false;
        if ((log.End != _sentEnd || log.Start != _sentStart) && !_times.Broke(ReplicationSabotage.TakeAnyAnswer))
        {
            return new FollowerStep(FollowerStepKind.Ignore);
        }

        if (answer.Error == ErrorCode.OffsetOutOfRange)
        {
            if (AsksForStart(log))
            {
                return Begin(answer.LogStart, log);
            }

            bool isBelow = log.End < answer.LogStart || IsEmpty(log);
            return isBelow ? new FollowerStep(FollowerStepKind.StartAnew, answer.LogStart) : new FollowerStep(FollowerStepKind.BackOff);
        }

        if (answer.Error != ErrorCode.None)
        {
            return new FollowerStep(FollowerStepKind.BackOff);
        }

        if (answer.Diverging is { } leaders)
        {
            FollowerStep step = Truncation(leaders, ownEnd ?? leaders, log);
            return step.Target == log.Start && answer.LogStart < log.Start && _mayBeGivenUp ? Begin(answer.LogStart, log) : step;
        }

        _mayBeGivenUp = false; // The leader counts on what is here: from now on this log never ends further down.
        if (MustBeginAnew(answer, log))
        {
            return new FollowerStep(FollowerStepKind.StartAnew, log.End);
        }

        _isCompared = true;
        _round = Math.Max(_round, answer.Round);
        return new FollowerStep(FollowerStepKind.Append);
    }

    /// <summary>R-5.3: what is committed as far as this follower holds it, after the answer's batches were appended.</summary>
    public static Offset HighWatermark(in FetchAnswer answer, in FollowerLog log) =>
        Offset.Max(log.HighWatermark, Offset.Min(answer.HighWatermark, log.End));

    private FollowerStep Truncation(EpochEndOffset leaders, EpochEndOffset own, in FollowerLog log)
    {
        // Both sides know an end of the epoch, and the logs agree below the smaller one (C-4.7, P42).
        Offset target = own.Epoch == leaders.Epoch ? Offset.Min(leaders.EndOffset, own.EndOffset) : own.EndOffset;
        target = Offset.Max(log.Start, Offset.Min(target, log.End));
        bool mayLose = !_state!.CountsFlushed || _state.LastUncleanEpoch > log.LastEpoch;
        return target < log.HighWatermark && !mayLose
            ? new FollowerStep(FollowerStepKind.Halt, target)
            : new FollowerStep(FollowerStepKind.Truncate, target);
    }

    /// <summary>True when nothing told whether this log is what the leader's was, and it may not be.</summary>
    /// <remarks>
    /// All that is here lies below the leader's start, where its epochs are forgotten: what was never known to be committed may
    /// have been replaced by other records before they were deleted. The records would go now, but not their producers: a retry
    /// would be told that it is in the log (S-R13, G-3).
    /// </remarks>
    private bool MustBeginAnew(in FetchAnswer answer, in FollowerLog log) =>
        !_isCompared && !IsEmpty(log) && log.End == answer.LogStart
        && (log.HighWatermark < log.End || _state!.LastUncleanEpoch > log.LastEpoch);

    /// <summary>
    /// Once in a reign, before its first fetch: an unclean election may have given up all that this log holds, and its start with
    /// it. What the leader has in front of that may be other records, which are committed and would never come here.
    /// </summary>
    /// <remarks>
    /// Never of a member of ISR or ELR: it holds what is committed since that election, whatever epochs are left in its log.
    /// Nor once the leader has counted a fetch of the reign: who begins anew after that holds less than the leader counts on,
    /// and may be in the ISR already (S-R2).
    /// </remarks>
    private void Judge(in FollowerLog log)
    {
        if (_judged != (_state!.LeaderEpoch, _state.BrokerEpoch))
        {
            _judged = (_state.LeaderEpoch, _state.BrokerEpoch);
            _mayBeGivenUp = !_state.IsMember && _state.LastUncleanEpoch > log.LastEpoch;
        }
    }

    /// <summary>
    /// Nothing in an empty log can be compared with the leader's, so its start has to be the leader's. It asks for that
    /// with an offset that no log has: the answer is OFFSET_OUT_OF_RANGE, and the leader counts nothing.
    /// </summary>
    private bool AsksForStart(in FollowerLog log) => _mayBeGivenUp && IsEmpty(log) && log.Start > Offset.Zero;

    /// <summary>
    /// Begins where the leader does, unless this log did so before. What is still on the disk below the same start may be of an
    /// epoch above the leader's records, and none of those could follow it.
    /// </summary>
    private FollowerStep Begin(Offset leaderStart, in FollowerLog log)
    {
        _mayBeGivenUp = false;
        return leaderStart == log.Start && log.LastEpoch == LeaderEpoch.Unknown
            ? new FollowerStep(FollowerStepKind.Ignore)
            : new FollowerStep(FollowerStepKind.StartAnew, leaderStart);
    }

    private FollowerFetch Make(in FollowerLog log) => new()
    {
        Correlation = _correlation,
        Replica = _state!.Self,
        BrokerEpoch = _state.BrokerEpoch,
        LeaderEpoch = _state.LeaderEpoch,
        Offset = AsksForStart(log) ? new Offset(long.MaxValue) : log.End,
        LastFetchedEpoch = IsEmpty(log) || _times.Broke(ReplicationSabotage.NoDivergenceCheck) ? LeaderEpoch.Unknown : log.LastEpoch,
        FlushedEnd = log.FlushedEnd,
        LogStart = log.Start,
        KnownHighWatermark = log.HighWatermark,
        KnownRound = _round,
    };

    /// <summary>
    /// Batches below the log start are nobody's business any more, not even when they are still on the disk: their
    /// epoch could end further down at the leader, where this log cannot be cut, and both would say the same for ever.
    /// </summary>
    private static bool IsEmpty(in FollowerLog log) => log.Start == log.End;

    private void Forget()
    {
        _isWaiting = false;
        _correlation++;
    }
}
