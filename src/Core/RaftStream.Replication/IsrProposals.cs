using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>The one proposal that may be under way, and what its answers mean. Belongs to one partition epoch.</summary>
internal sealed class IsrProposals(ReplicationTimes times)
{
    private IsrChange? _pending;
    private long _resendAtMs;
    private long _fenceAtMs;
    private long _pausedUntilMs = long.MinValue;
    private int _pauseMs = times.RetryMs;

    /// <summary>True after a refusal: copies of what was refused may still be carried out, so they have to be fenced first (P49).</summary>
    public bool MustFence { get; private set; }

    /// <summary>When there is something to do again at the earliest.</summary>
    public long NextDeadlineMs =>
        _pending is not null ? _resendAtMs
        : MustFence ? _fenceAtMs
        : _pausedUntilMs == long.MinValue ? long.MaxValue : _pausedUntilMs;

    /// <summary>The metadata has moved on: no copy of an older proposal can be carried out any more.</summary>
    public void Clear() => (_pending, MustFence, _pauseMs) = (null, false, times.RetryMs);

    /// <summary>False while one is under way, or shortly after a refusal.</summary>
    public bool MayBegin(long nowMs)
    {
        if (_pending is not null || nowMs < (MustFence ? _fenceAtMs : _pausedUntilMs))
        {
            return false;
        }

        _pausedUntilMs = MustFence ? _pausedUntilMs : long.MinValue;
        return true;
    }

    public void Begin(IsrChange change) => (_pending, _resendAtMs, MustFence) = (change, long.MaxValue, false);

    /// <summary>The proposal to send again now, or null.</summary>
    public IsrChange? Resend(long nowMs)
    {
        if (_pending is null || nowMs < _resendAtMs)
        {
            return null;
        }

        _resendAtMs = long.MaxValue;
        return _pending;
    }

    /// <summary>Takes the controller's answer; an answer to anything but the proposal under way means nothing (P74).</summary>
    public void Answered(IsrChange change, ErrorCode error, long nowMs)
    {
        if (!ReferenceEquals(change, _pending))
        {
            return;
        }

        switch (error)
        {
            case ErrorCode.None:
            case ErrorCode.FencedLeaderEpoch:
            case ErrorCode.NewLeaderElected:
            case ErrorCode.InvalidUpdateVersion:
            case ErrorCode.StaleBrokerEpoch:
                // The metadata says what comes next; until it does, all proposals of this epoch stay in force.
                break;
            case ErrorCode.IneligibleReplica:
            case ErrorCode.InvalidRequest:
                (_pending, MustFence) = (null, true);
                _fenceAtMs = change.IsFence ? nowMs + times.RetryMaxMs : nowMs;
                _pausedUntilMs = nowMs + times.RetryMaxMs;
                break;
            default:
                // No controller, or one that is behind: the same one again, since nobody knows what became of it (P50).
                _resendAtMs = nowMs + _pauseMs;
                _pauseMs = Math.Min(_pauseMs * 2, times.RetryMaxMs);
                break;
        }
    }
}
