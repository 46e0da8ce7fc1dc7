using RaftStream.Raft.Messages;

namespace RaftStream.Raft.Leading;

/// <summary>Fetches that wait for something new, one of a replica at most (7.4).</summary>
internal sealed class ParkedFetches
{
    private readonly Dictionary<ReplicaKey, (long Token, RaftRequest.Fetch Request, long DeadlineMs)> _parked = [];

    public long DeadlineMs => _parked.Count == 0 ? long.MaxValue : _parked.Values.Min(fetch => fetch.DeadlineMs);

    /// <summary>Parks a fetch.</summary>
    /// <returns>The one of the same replica that it replaces: its sender has given it up.</returns>
    public (long Token, RaftRequest.Fetch Request)? Add(long token, RaftRequest.Fetch request, long deadlineMs)
    {
        (long, RaftRequest.Fetch)? old = _parked.TryGetValue(request.Replica, out var found) ? (found.Token, found.Request) : null;
        _parked[request.Replica] = (token, request, deadlineMs);
        return old;
    }

    public void Abandon(long token)
    {
        foreach ((ReplicaKey key, var fetch) in _parked)
        {
            if (fetch.Token == token)
            {
                _parked.Remove(key);
            }
        }
    }

    /// <summary>Takes those whose time is over.</summary>
    public List<(long Token, RaftRequest.Fetch Request)> TakeDue(long nowMs) => Take(fetch => fetch.DeadlineMs <= nowMs);

    /// <summary>Takes all.</summary>
    public List<(long Token, RaftRequest.Fetch Request)> TakeAll() => Take(_ => true);

    private List<(long Token, RaftRequest.Fetch Request)> Take(Func<(long Token, RaftRequest.Fetch Request, long DeadlineMs), bool> which)
    {
        List<(long Token, RaftRequest.Fetch Request)> taken = [];
        foreach ((ReplicaKey key, var fetch) in _parked.OrderBy(entry => entry.Key.Id).ThenBy(entry => entry.Key.DirectoryId))
        {
            if (which(fetch))
            {
                _parked.Remove(key);
                taken.Add((fetch.Token, fetch.Request));
            }
        }

        return taken;
    }
}
