using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>What a leader knows of one other replica, all of it from this reign .</summary>
internal sealed class RemoteReplica<TFetch>(NodeId id)
{
    private long _markMs;
    private Offset _markEnd;

    public NodeId Id { get; } = id;

    /// <summary>What the metadata says about its broker.</summary>
    public ReplicaStatus Status { get; set; } = new(id, BrokerEpoch.None, IsActive: false);

    public bool IsInIsr { get; set; }

    /// <summary>In the ISR, or in a proposal that may still be carried out .</summary>
    public bool IsInMaximalIsr { get; set; }

    /// <summary>True once it has sent a valid fetch in this reign; before that nothing here counts .</summary>
    public bool IsKnown { get; private set; }

    /// <summary>The registration under which it fetched.</summary>
    public BrokerEpoch Epoch { get; private set; } = BrokerEpoch.None;

    public Offset LogEnd { get; private set; }

    public Offset FlushedEnd { get; private set; }

    public Offset LogStart { get; private set; }

    public long KnownRound { get; private set; }

    /// <summary>The last moment up to which it is known to have held all that the leader held.</summary>
    public long LastCaughtUpMs { get; private set; }

    /// <summary>The fetch that waits here for news.</summary>
    public ParkedFollower<TFetch> Parked { get; set; }

    public Offset EffectiveEnd(bool countsFlushed) => countsFlushed ? Offset.Min(LogEnd, FlushedEnd) : LogEnd;

    /// <summary>Forgets everything, for a new reign.</summary>
    public void Begin(Offset leaderEnd, long nowMs)
    {
        (IsKnown, Epoch, KnownRound) = (false, BrokerEpoch.None, 0);
        (LogEnd, FlushedEnd, LogStart) = (default, default, default);
        LastCaughtUpMs = nowMs;
        (_markMs, _markEnd) = (nowMs, leaderEnd);
    }

    /// <summary>R-6.3: within one registration positions only grow; a new registration starts anew.</summary>
    public void Take(in FollowerFetch fetch, Offset leaderEnd, bool countsFlushed, long nowMs)
    {
        if (!IsKnown || fetch.BrokerEpoch.Value > Epoch.Value)
        {
            (IsKnown, Epoch, KnownRound) = (true, fetch.BrokerEpoch, fetch.KnownRound);
            (LogEnd, FlushedEnd, LogStart) = (fetch.Offset, fetch.FlushedEnd, fetch.LogStart);
        }
        else
        {
            LogEnd = Offset.Max(LogEnd, fetch.Offset);
            FlushedEnd = Offset.Max(FlushedEnd, fetch.FlushedEnd);
            LogStart = Offset.Max(LogStart, fetch.LogStart);
            KnownRound = Math.Max(KnownRound, fetch.KnownRound);
        }

        Offset end = EffectiveEnd(countsFlushed);
        if (end >= leaderEnd)
        {
            LastCaughtUpMs = nowMs;
            (_markMs, _markEnd) = (nowMs, leaderEnd);
        }
        else if (end >= _markEnd)
        {
            LastCaughtUpMs = Math.Max(LastCaughtUpMs, _markMs);
            (_markMs, _markEnd) = (nowMs, leaderEnd);
        }
    }

    /// <summary>The fetch waits here for news, in place of an earlier one.</summary>
    /// <remarks>
    /// The follower opens a new stream and asks again, while a thread here still holds the last fetch of the old one.
    /// If that took the place of the new fetch, it would go with the old stream, and the follower would wait for ever.
    /// </remarks>
    public void Park(in FollowerFetch fetch, TFetch tag)
    {
        if (!Parked.IsSet || fetch.BrokerEpoch != Parked.BrokerEpoch || fetch.Correlation >= Parked.Correlation)
        {
            Parked = new ParkedFollower<TFetch>
            {
                IsSet = true,
                Fetch = tag,
                BrokerEpoch = fetch.BrokerEpoch,
                Correlation = fetch.Correlation,
                At = fetch.Offset,
                KnownHighWatermark = fetch.KnownHighWatermark,
                KnownRound = fetch.KnownRound,
                KnownStart = fetch.LogStart,
                DueMs = long.MaxValue,
            };
        }
    }

    /// <summary>The leader appends: who held everything until now had caught up until now, however long nothing was appended.</summary>
    public void LeaderAppends(Offset before, Offset after, bool countsFlushed, long nowMs)
    {
        if (IsKnown && EffectiveEnd(countsFlushed) >= before)
        {
            LastCaughtUpMs = nowMs;
            (_markMs, _markEnd) = (nowMs, after);
        }
    }
}

/// <summary>A follower's fetch that waits for news, as a value.</summary>
internal readonly record struct ParkedFollower<TFetch>
{
    /// <summary>False when none waits.</summary>
    public bool IsSet { get; init; }

    /// <summary>What the shell calls it.</summary>
    public TFetch Fetch { get; init; }

    /// <summary>The follower's registration.</summary>
    public BrokerEpoch BrokerEpoch { get; init; }

    /// <summary>Grows with the follower's fetches.</summary>
    public long Correlation { get; init; }

    /// <summary>The follower's log end.</summary>
    public Offset At { get; init; }

    /// <summary>What it was told.</summary>
    public Offset KnownHighWatermark { get; init; }

    /// <summary>What it was told.</summary>
    public long KnownRound { get; init; }

    /// <summary>Its log start.</summary>
    public Offset KnownStart { get; init; }

    /// <summary>When a newer high watermark alone is news.</summary>
    public long DueMs { get; init; }
}
