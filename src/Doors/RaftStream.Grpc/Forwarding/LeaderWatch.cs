using RaftStream.Broker;

namespace RaftStream.Grpc.Forwarding;

/// <summary>Looks from time to time whether those to whom requests were passed on lead still; not at all while there are none.</summary>
internal sealed class LeaderWatch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    /// <summary>An old leader that lives answers by itself, and its answer may be a success.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(150);

    private readonly Lock _gate = new();
    private readonly HashSet<WatchedLeader> _watched = [];
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public LeaderWatch(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static watch => ((LeaderWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Watches a leader until the answer is disposed of.</summary>
    public WatchedLeader Begin(BrokerApi api, LeaderAddress leader, CancellationToken cancellationToken)
    {
        var watched = new WatchedLeader(this, api, leader.Id, cancellationToken);
        lock (_gate)
        {
            _watched.Add(watched);
            if (_watched.Count == 1)
            {
                _timer.Change(Interval, Interval);
            }
        }

        return watched;
    }

    /// <summary>Watches no more.</summary>
    public void Remove(WatchedLeader watched)
    {
        lock (_gate)
        {
            _watched.Remove(watched);
            if (_watched.Count == 0)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        WatchedLeader[] watched;
        lock (_gate)
        {
            watched = [.. _watched];
        }

        long now = _time.GetTimestamp();
        long grace = (long)(Grace.TotalSeconds * _time.TimestampFrequency);
        foreach (WatchedLeader leader in watched)
        {
            leader.Look(now, grace);
        }
    }
}
