using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>Consumer fetches that wait for news below the high watermark, as values with deadlines .</summary>
internal sealed class ParkedFetches<TProduce, TFetch>
{
    // Not sorted: a partition has few parked fetches, and almost all wake at the same news.
    private readonly List<Parked> _parked = [];
    private long _nextWakeBytes = long.MaxValue;

    /// <summary>Not above the earliest deadline; <see cref="long.MaxValue"/> when nothing is parked.</summary>
    public long NextDeadlineMs { get; private set; } = long.MaxValue;

    public int Count => _parked.Count;

    public void Add(TFetch fetch, Offset offset, long wakeAtBytes, long deadlineMs)
    {
        _parked.Add(new Parked(fetch, offset, wakeAtBytes, deadlineMs));
        _nextWakeBytes = Math.Min(_nextWakeBytes, wakeAtBytes);
        NextDeadlineMs = Math.Min(NextDeadlineMs, deadlineMs);
    }

    /// <summary>Wakes those whose bytes are there.</summary>
    public void WakeByBytes(long committedBytes, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        if (committedBytes >= _nextWakeBytes)
        {
            Wake(committedBytes, nowMs: long.MinValue, Offset.Zero, effects);
        }
    }

    /// <summary>Wakes those whose deadline has passed.</summary>
    public void WakeByTime(long nowMs, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        if (nowMs >= NextDeadlineMs)
        {
            Wake(committedBytes: long.MinValue, nowMs, Offset.Zero, effects);
        }
    }

    /// <summary>Wakes those whose offset is gone.</summary>
    public void WakeBelow(Offset logStart, List<PartitionEffect<TProduce, TFetch>> effects) =>
        Wake(committedBytes: long.MinValue, nowMs: long.MinValue, logStart, effects);

    public void WakeAll(ErrorCode error, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        foreach (Parked parked in _parked)
        {
            effects.Add(Effect(parked, error));
        }

        _parked.Clear();
        (_nextWakeBytes, NextDeadlineMs) = (long.MaxValue, long.MaxValue);
    }

    /// <summary>Takes a fetch out without waking it; false when it is not parked (any more).</summary>
    public bool Remove(TFetch fetch)
    {
        for (int i = 0; i < _parked.Count; i++)
        {
            if (EqualityComparer<TFetch>.Default.Equals(_parked[i].Fetch, fetch))
            {
                _parked.RemoveAt(i);
                return true;
            }
        }

        return false;
    }

    private void Wake(long committedBytes, long nowMs, Offset logStart, List<PartitionEffect<TProduce, TFetch>> effects)
    {
        (_nextWakeBytes, NextDeadlineMs) = (long.MaxValue, long.MaxValue);
        int kept = 0;
        for (int i = 0; i < _parked.Count; i++)
        {
            Parked parked = _parked[i];
            if (parked.WakeAtBytes <= committedBytes || parked.DeadlineMs <= nowMs || parked.Offset < logStart)
            {
                effects.Add(Effect(parked, ErrorCode.None));
                continue;
            }

            _nextWakeBytes = Math.Min(_nextWakeBytes, parked.WakeAtBytes);
            NextDeadlineMs = Math.Min(NextDeadlineMs, parked.DeadlineMs);
            _parked[kept++] = parked;
        }

        _parked.RemoveRange(kept, _parked.Count - kept);
    }

    private static PartitionEffect<TProduce, TFetch> Effect(in Parked parked, ErrorCode error) =>
        new() { Kind = PartitionEffectKind.WakeFetch, Fetch = parked.Fetch, Error = error };

    private readonly record struct Parked(TFetch Fetch, Offset Offset, long WakeAtBytes, long DeadlineMs);
}
