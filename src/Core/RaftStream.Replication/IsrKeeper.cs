using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>Decides who belongs in the ISR, and asks for it (section 8 of the rules).</summary>
internal sealed class IsrKeeper<TProduce, TFetch>(RemoteReplicas<TProduce, TFetch> remotes, ReplicationTimes times)
{
    private readonly IsrProposals _proposals = new(times);
    private LeadershipState _state = null!;
    private long _nextCheckMs = long.MaxValue;

    /// <summary>When <see cref="Propose"/> has something to do at the earliest; never, for a leader that is alone.</summary>
    public long NextDeadlineMs =>
        remotes.All.IsEmpty && !_state.IsRecovering ? long.MaxValue : Math.Min(_nextCheckMs, _proposals.NextDeadlineMs);

    /// <summary>Takes new metadata: only now is what was proposed before out of force .</summary>
    public void Assign(LeadershipState state, bool isNewReign, long nowMs)
    {
        _state = state;
        _proposals.Clear();
        _nextCheckMs = isNewReign ? nowMs + (times.ReplicaLagMaxMs / 2) : _nextCheckMs;
        if (remotes.All.IsEmpty)
        {
            _nextCheckMs = long.MaxValue;
        }
        else if (_nextCheckMs == long.MaxValue)
        {
            _nextCheckMs = nowMs + (times.ReplicaLagMaxMs / 2);
        }
    }

    public void Stop()
    {
        _proposals.Clear();
        _nextCheckMs = long.MaxValue;
    }

    public void Answered(IsrChange change, ErrorCode error, long nowMs)
    {
        _proposals.Answered(change, error, nowMs);
        if (error is ErrorCode.IneligibleReplica or ErrorCode.InvalidRequest && times.Broke(ReplicationSabotage.RevertAfterRefusal))
        {
            _proposals.Clear();
            foreach (RemoteReplica<TFetch> replica in remotes.All)
            {
                replica.IsInMaximalIsr = replica.IsInIsr;
            }
        }
    }

    /// <summary>Proposes what is due: a fence, the end of a recovery, who has caught up, who lags.</summary>
    public void Propose(LogBounds self, Offset highWatermark, Offset reignStart, long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        if (_proposals.Resend(nowMs) is { } again)
        {
            effects.Add(new() { Kind = PartitionEffectKind.ProposeIsr, Change = again });
        }

        bool isCheck = nowMs >= _nextCheckMs;
        if (isCheck)
        {
            _nextCheckMs = nowMs + (times.ReplicaLagMaxMs / 2);
        }

        if (!_proposals.MayBegin(nowMs))
        {
            return;
        }

        IsrChange? change = _proposals.MustFence ? Fence()
            : _state.IsRecovering ? Recovered()
            : Changed(self, highWatermark, reignStart, nowMs, isCheck);
        if (change is null)
        {
            return;
        }

        _proposals.Begin(change);
        Bind(change);
        effects.Add(new() { Kind = PartitionEffectKind.ProposeIsr, Change = change });
    }

    /// <summary>R-8.4: from here on the high watermark waits for whoever is proposed: and for who is to leave.</summary>
    private void Bind(IsrChange change)
    {
        foreach (RemoteReplica<TFetch> replica in remotes.All)
        {
            bool isProposed = change.NewIsr.Any(member => member.Id == replica.Id);
            if (isProposed && !times.Broke(ReplicationSabotage.NoMaximalIsr))
            {
                replica.IsInMaximalIsr = true;
            }
            else if (!isProposed && times.Broke(ReplicationSabotage.EagerShrink))
            {
                replica.IsInMaximalIsr = false;
            }
        }
    }

    /// <summary>R-8.1: its position and its registration are judged as one value (P51).</summary>
    /// <remarks>
    /// Who would be removed again is not asked back: with the ISR below its minimum the high watermark stands still, so a
    /// replica that has just left for its lag holds everything below it, however little it fetches.
    /// </remarks>
    private bool MayJoin(RemoteReplica<TFetch> replica, LogBounds self, Offset highWatermark, Offset reignStart, long nowMs)
    {
        if (replica.IsInIsr || !replica.IsKnown || !replica.Status.IsActive || replica.Status.Epoch != replica.Epoch)
        {
            return false;
        }

        Offset end = replica.EffectiveEnd(_state.CountsFlushed && !times.Broke(ReplicationSabotage.JoinByLogEnd));
        return end >= highWatermark
            && (end >= reignStart || times.Broke(ReplicationSabotage.JoinBelowReignStart))
            && !Lags(replica, self, nowMs);
    }

    /// <summary>R-8.2.</summary>
    private bool Lags(RemoteReplica<TFetch> replica, LogBounds self, long nowMs) =>
        nowMs - replica.LastCaughtUpMs > times.ReplicaLagMaxMs && replica.EffectiveEnd(_state.CountsFlushed) < self.LogEnd;

    private IsrChange? Changed(LogBounds self, Offset highWatermark, Offset reignStart, long nowMs, bool isCheck)
    {
        bool isChanged = false;
        foreach (RemoteReplica<TFetch> replica in remotes.All)
        {
            isChanged |= replica.IsInIsr
                ? isCheck && Lags(replica, self, nowMs)
                : MayJoin(replica, self, highWatermark, reignStart, nowMs);
        }

        if (!isChanged)
        {
            return null;
        }

        ImmutableArray<ProposedMember>.Builder members = ImmutableArray.CreateBuilder<ProposedMember>();
        foreach (NodeId id in _state.Isr)
        {
            // Never without this node itself, which is not among the others.
            if (!isCheck || remotes.Find(id) is not { } member || !Lags(member, self, nowMs))
            {
                members.Add(new ProposedMember(id, remotes.Find(id)?.Epoch ?? BrokerEpoch.None));
            }
        }

        foreach (RemoteReplica<TFetch> replica in remotes.All)
        {
            if (MayJoin(replica, self, highWatermark, reignStart, nowMs))
            {
                members.Add(new ProposedMember(replica.Id, replica.Epoch));
            }
        }

        return Make(members.DrainToImmutable());
    }

    private IsrChange Fence() =>
        Make([.. _state.Isr.Select(id => new ProposedMember(id, BrokerEpoch.None))]) with { IsFence = true, IsRecovering = _state.IsRecovering };

    private IsrChange Recovered() => Make([new ProposedMember(_state.Self, BrokerEpoch.None)]);

    private IsrChange Make(ImmutableArray<ProposedMember> isr) =>
        new() { LeaderEpoch = _state.LeaderEpoch, PartitionEpoch = _state.PartitionEpoch, NewIsr = isr };
}
