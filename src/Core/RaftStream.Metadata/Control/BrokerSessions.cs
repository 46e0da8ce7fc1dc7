using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Who was heard of, and when. Soft state of the active controller: a new one begins with full sessions (C-14.10).</summary>
public sealed class BrokerSessions
{
    private readonly long _sessionMs;
    private readonly SortedDictionary<NodeId, Session> _byBroker = [];

    private readonly record struct Session(BrokerEpoch Epoch, long DeadlineMs, long AppliedEnd);

    /// <param name="image">Its unfenced brokers get a full session from now.</param>
    public BrokerSessions(MetadataImage image, long sessionMs, long nowMs)
    {
        ArgumentNullException.ThrowIfNull(image);
        _sessionMs = sessionMs;
        foreach (BrokerRegistration broker in image.Brokers.ById.Values.Where(b => !b.Fenced))
        {
            _byBroker.Add(broker.Id, new Session(broker.Epoch, nowMs + sessionMs, AppliedEnd: 0));
        }
    }

    /// <summary>A broker was heard of.</summary>
    /// <param name="appliedEnd">Exclusive end of the metadata that it has applied.</param>
    public void Touch(NodeId id, BrokerEpoch epoch, long appliedEnd, long nowMs) =>
        _byBroker[id] = new Session(epoch, nowMs + _sessionMs, appliedEnd);

    /// <summary>Ends a session at <paramref name="deadlineMs"/> unless it ends earlier or the broker is heard of again.</summary>
    public void Shorten(NodeId id, long deadlineMs)
    {
        if (_byBroker.TryGetValue(id, out Session session))
        {
            _byBroker[id] = session with { DeadlineMs = Math.Min(session.DeadlineMs, deadlineMs) };
        }
    }

    /// <summary>Puts off the end of all sessions.</summary>
    public void Extend(long ms)
    {
        foreach ((NodeId id, Session session) in _byBroker.ToList())
        {
            _byBroker[id] = session with { DeadlineMs = session.DeadlineMs + ms };
        }
    }

    /// <summary>A broker is gone and has said so.</summary>
    public void Forget(NodeId id) => _byBroker.Remove(id);

    /// <summary>The session of this incarnation has not ended.</summary>
    public bool IsLive(NodeId id, BrokerEpoch epoch, long nowMs) =>
        _byBroker.TryGetValue(id, out Session session) && session.Epoch == epoch && nowMs < session.DeadlineMs;

    /// <summary>Lowest applied end of the active brokers; 0 while one of them was not heard of.</summary>
    public long LowestAppliedEnd(BrokersImage brokers)
    {
        ArgumentNullException.ThrowIfNull(brokers);
        return brokers.ById.Values.Where(b => b.IsActive).Select(AppliedEnd).DefaultIfEmpty(long.MaxValue).Min();
    }

    /// <summary>The unfenced broker whose session ended first, if one has ended; the lower number among equals.</summary>
    public BrokerRegistration? FirstExpired(BrokersImage brokers, long nowMs)
    {
        BrokerRegistration? first = Unfenced(brokers).MinBy(DeadlineMs);
        return first is not null && DeadlineMs(first) <= nowMs ? first : null;
    }

    /// <summary>When the next session ends; <see cref="long.MaxValue"/> without unfenced brokers.</summary>
    public long NextDeadlineMs(BrokersImage brokers) => Unfenced(brokers).Select(DeadlineMs).DefaultIfEmpty(long.MaxValue).Min();

    private static IEnumerable<BrokerRegistration> Unfenced(BrokersImage brokers) => brokers.ById.Values.Where(b => !b.Fenced);

    /// <summary>An unfenced broker without a session of its incarnation is overdue.</summary>
    private long DeadlineMs(BrokerRegistration broker) =>
        _byBroker.TryGetValue(broker.Id, out Session session) && session.Epoch == broker.Epoch
            ? session.DeadlineMs
            : long.MinValue;

    private long AppliedEnd(BrokerRegistration broker) =>
        _byBroker.TryGetValue(broker.Id, out Session session) && session.Epoch == broker.Epoch ? session.AppliedEnd : 0;
}
