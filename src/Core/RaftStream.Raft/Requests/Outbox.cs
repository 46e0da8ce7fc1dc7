using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Raft.Requests;

/// <summary>Requests in the air and pauses after failed ones (C-1.5). An answer counts once, and only while role, epoch and log are as they were.</summary>
internal sealed class Outbox(RaftOptions options, RaftSabotage sabotage)
{
    private readonly Dictionary<long, Outstanding> _byId = [];
    private readonly Dictionary<Peer, Pause> _pauses = [];
    private readonly Dictionary<long, Outstanding> _answered = []; // only with TakeAnyResponse
    private long _lastId;

    /// <summary>When a request times out or a pause ends next.</summary>
    public long NextDeadlineMs(long nowMs)
    {
        long next = long.MaxValue;
        foreach (Outstanding request in _byId.Values)
        {
            next = Math.Min(next, request.Kind == RequestKind.Fetch && SlowAtMs(request) > nowMs ? SlowAtMs(request) : request.DeadlineMs);
        }

        foreach (Pause pause in _pauses.Values)
        {
            next = pause.UntilMs > nowMs ? Math.Min(next, pause.UntilMs) : next;
        }

        return next;
    }

    /// <summary>True when nothing of this kind is in the air to the peer.</summary>
    public bool IsFree(RequestKind kind, Peer peer) =>
        !_byId.Values.Any(request => request.Kind == kind && request.Peer == peer);

    /// <summary>True when somebody may be asked who leads: nobody but <paramref name="leader"/> has been asked just now.</summary>
    public bool MayDiscover(NodeId leader, long nowMs) => !_byId.Values.Any(request =>
        request.Kind == RequestKind.Fetch && (request.Peer.Node != leader || leader == NodeId.None) && SlowAtMs(request) > nowMs);

    /// <summary>True while the peer is left alone after a failure.</summary>
    public bool IsPaused(Peer peer, long nowMs) => _pauses.TryGetValue(peer, out Pause pause) && pause.UntilMs > nowMs;

    /// <summary>True when a request may leave now.</summary>
    public bool CanSend(RequestKind kind, Peer peer, long nowMs) => IsFree(kind, peer) && !IsPaused(peer, nowMs);

    /// <summary>Notes the request and says how to send it.</summary>
    public RaftEffect.Send Send(RequestKind kind, Peer peer, RaftRequest request, long nowMs)
    {
        Invariant.Check(IsFree(kind, peer));
        var outstanding = new Outstanding(++_lastId, kind, peer, request, nowMs + options.RequestTimeoutMs);
        _byId.Add(outstanding.CorrelationId, outstanding);
        return new RaftEffect.Send(outstanding.CorrelationId, peer.Node, peer.Endpoint, request);
    }

    /// <summary>Takes the request that an answer belongs to; null for one that is unknown, answered, or void by now.</summary>
    public Outstanding? Take(long correlationId)
    {
        if (_byId.Remove(correlationId, out Outstanding? request))
        {
            if ((sabotage & RaftSabotage.TakeAnyResponse) != 0)
            {
                _answered[correlationId] = request;
            }

            return request;
        }

        return _answered.GetValueOrDefault(correlationId);
    }

    /// <summary>Takes the requests that nobody answered in time.</summary>
    public List<Outstanding> TakeExpired(long nowMs)
    {
        List<Outstanding> expired = [.. _byId.Values.Where(request => request.DeadlineMs <= nowMs).OrderBy(request => request.CorrelationId)];
        foreach (Outstanding request in expired)
        {
            _byId.Remove(request.CorrelationId);
        }

        return expired;
    }

    /// <summary>A request to the peer failed: leave it alone for a while, longer each time.</summary>
    public void Failed(Peer peer, long nowMs)
    {
        int failures = _pauses.TryGetValue(peer, out Pause pause) ? Math.Min(pause.Failures + 1, 16) : 1;
        long length = Math.Min((long)options.RetryBackoffMs << (failures - 1), options.RetryBackoffMaxMs);
        _pauses[peer] = new Pause(failures, nowMs + length);
    }

    /// <summary>The peer answered: no pause.</summary>
    public void Succeeded(Peer peer) => _pauses.Remove(peer);

    /// <summary>Role, epoch or log changed: nothing in the air counts any more.</summary>
    public void Clear()
    {
        if ((sabotage & RaftSabotage.TakeAnyResponse) != 0)
        {
            foreach ((long id, Outstanding request) in _byId)
            {
                _answered[id] = request;
            }
        }

        _byId.Clear();
    }

    /// <summary>From then on the peer may well be dead: another one is asked without waiting for the end.</summary>
    private long SlowAtMs(Outstanding request) => request.DeadlineMs - options.RequestTimeoutMs + options.FetchMaxWaitMs;

    private readonly record struct Pause(int Failures, long UntilMs);
}
