using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>The other replicas of a partition that this node leads, and their fetches that wait .</summary>
internal sealed class RemoteReplicas<TProduce, TFetch>
{
    private RemoteReplica<TFetch>[] _all = [];

    public ReadOnlySpan<RemoteReplica<TFetch>> All => _all;

    /// <summary>A test has switched off: a new reign goes by what the one before knew.</summary>
    public bool KeepsState { get; set; }

    public IEnumerable<NodeId> MaximalIsr => _all.Where(replica => replica.IsInMaximalIsr).Select(replica => replica.Id);

    /// <summary>When a parked fetch is due at the earliest.</summary>
    public long NextDeadlineMs
    {
        get
        {
            long next = long.MaxValue;
            foreach (RemoteReplica<TFetch> replica in _all)
            {
                next = replica.Parked.IsSet ? Math.Min(next, replica.Parked.DueMs) : next;
            }

            return next;
        }
    }

    public RemoteReplica<TFetch>? Find(NodeId id)
    {
        foreach (RemoteReplica<TFetch> replica in _all)
        {
            if (replica.Id == id)
            {
                return replica;
            }
        }

        return null;
    }

    /// <summary>Takes new metadata: within a reign known replicas are kept, new ones start empty (R-3.3, R-3.4, P57, P61).</summary>
    public void Assign(LeadershipState state, bool isNewReign, Offset logEnd, long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        RemoteReplica<TFetch>[] before = _all;
        _all = [.. state.Replicas.Where(id => id != state.Self).Select(id => Find(id) ?? New(id))];
        foreach (RemoteReplica<TFetch> gone in before.Except(_all))
        {
            Wake(gone, ErrorCode.UnknownLeaderEpoch, effects);
        }

        foreach (RemoteReplica<TFetch> replica in _all)
        {
            replica.IsInIsr = replica.IsInMaximalIsr = state.Isr.Contains(replica.Id);
            if (isNewReign)
            {
                Wake(replica, ErrorCode.NotLeaderOrFollower, effects);
                if (!KeepsState)
                {
                    replica.Begin(logEnd, nowMs);
                }
            }
        }

        TakeStatus(state.Brokers);

        RemoteReplica<TFetch> New(NodeId id)
        {
            var replica = new RemoteReplica<TFetch>(id);
            replica.Begin(logEnd, nowMs);
            return replica;
        }
    }

    public void TakeStatus(ImmutableArray<ReplicaStatus> brokers)
    {
        foreach (RemoteReplica<TFetch> replica in _all)
        {
            replica.Status = new ReplicaStatus(replica.Id, BrokerEpoch.None, IsActive: false);
            foreach (ReplicaStatus status in brokers)
            {
                replica.Status = status.Id == replica.Id ? status : replica.Status;
            }
        }
    }

    /// <summary>R-5.1: the smallest effective end of the maximal ISR; null while a member has not fetched in this reign.</summary>
    public Offset? Reached(Offset self, bool countsFlushed)
    {
        foreach (RemoteReplica<TFetch> replica in _all)
        {
            if (replica.IsInMaximalIsr)
            {
                if (!replica.IsKnown)
                {
                    return null;
                }

                self = Offset.Min(self, replica.EffectiveEnd(countsFlushed));
            }
        }

        return self;
    }

    /// <summary>R-6.5: the latest round that the whole maximal ISR has confirmed.</summary>
    public long ConfirmedRound(long latest)
    {
        foreach (RemoteReplica<TFetch> replica in _all)
        {
            if (replica.IsInMaximalIsr)
            {
                latest = Math.Min(latest, replica.IsKnown ? replica.KnownRound : 0);
            }
        }

        return latest;
    }

    /// <summary>R-15.3: the smallest log start of those that are up, not above <paramref name="self"/>; 0 while one of them has not fetched in this reign.</summary>
    public Offset StartHeld(Offset self)
    {
        foreach (RemoteReplica<TFetch> replica in _all)
        {
            if (replica.Status.IsActive)
            {
                self = Offset.Min(self, replica.IsKnown ? replica.LogStart : default);
            }
        }

        return self;
    }

    public void LeaderAppends(Offset before, Offset after, bool countsFlushed, long nowMs)
    {
        foreach (RemoteReplica<TFetch> replica in _all)
        {
            replica.LeaderAppends(before, after, countsFlushed, nowMs);
        }
    }

    /// <summary>Wakes those for whom there is news. A newer high watermark alone may wait a little.</summary>
    public void WakeWithNews(
        LogBounds bounds, Offset highWatermark, long round, long nowMs, int lingerMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        foreach (RemoteReplica<TFetch> replica in _all)
        {
            ParkedFollower<TFetch> parked = replica.Parked;
            if (!parked.IsSet)
            {
                continue;
            }

            bool isNewer = highWatermark > parked.KnownHighWatermark;
            if (bounds.LogEnd > parked.At || round > parked.KnownRound || bounds.LogStart > parked.KnownStart || (isNewer && nowMs >= parked.DueMs))
            {
                Wake(replica, ErrorCode.None, effects);
            }
            else if (isNewer && parked.DueMs == long.MaxValue)
            {
                replica.Parked = parked with { DueMs = nowMs + lingerMs };
            }
        }
    }

    public void WakeAll(ErrorCode error, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        foreach (RemoteReplica<TFetch> replica in _all)
        {
            Wake(replica, error, effects);
        }
    }

    private static void Wake(RemoteReplica<TFetch> replica, ErrorCode error, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        if (replica.Parked.IsSet)
        {
            effects.Add(new() { Kind = PartitionEffectKind.WakeFetch, Fetch = replica.Parked.Fetch, Error = error });
            replica.Parked = default;
        }
    }
}
