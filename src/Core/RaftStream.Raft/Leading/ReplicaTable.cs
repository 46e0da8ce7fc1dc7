using System.Collections.Immutable;
using RaftStream.Model;
using RaftStream.Raft.Messages;

namespace RaftStream.Raft.Leading;

/// <summary>All replicas that fetch from this leader, and what follows from them for majorities (C-8.2).</summary>
internal sealed class ReplicaTable(Replica node)
{
    private readonly Dictionary<ReplicaKey, PeerProgress> _peers = [];

    /// <summary>The entry of a replica; made when new.</summary>
    public PeerProgress Of(ReplicaKey key)
    {
        if (!_peers.TryGetValue(key, out PeerProgress? progress))
        {
            _peers[key] = progress = new PeerProgress();
        }

        return progress;
    }

    /// <summary>The entry of a replica; null when it never fetched.</summary>
    public PeerProgress? Find(ReplicaKey key) => _peers.GetValueOrDefault(key);

    /// <summary>True when the replica fetched within the fetch timeout; this node always has.</summary>
    public bool IsRecent(ReplicaKey key) =>
        key == node.Local || (Find(key)?.LastFetchMs is { } last && node.NowMs - last <= node.Options.FetchTimeoutMs);

    /// <summary>What a majority of the voters in force holds durably; null when that is unknown.</summary>
    public Offset? MajorityEnd()
    {
        List<long> ends = [.. node.Voters.Voters.Select(voter => DurableEnd(voter.Key))];
        if (node.Broke(RaftSabotage.CountRemovedSelf) && !node.IsVoter)
        {
            ends.Add(DurableEnd(node.Local));
        }

        ends.Sort((left, right) => right.CompareTo(left));
        int at = node.Broke(RaftSabotage.MinorityQuorum) ? 0 : ends.Count / 2;
        return ends[at] < 0 ? null : new Offset(ends[at]);
    }

    /// <summary>True when a majority of the voters, this node included if it is one, satisfies something.</summary>
    public bool IsMajority(Func<PeerProgress, bool> condition)
    {
        int count = node.Voters.Voters.Count(voter => voter.Key == node.Local || (Find(voter.Key) is { } peer && condition(peer)));
        return count >= node.Voters.Majority;
    }

    /// <summary>Voters but this one, the furthest first (7.3).</summary>
    public ImmutableArray<ReplicaKey> Successors() =>
    [
        .. node.Voters.Voters
            .Select(voter => voter.Key)
            .Where(key => key != node.Local)
            .OrderByDescending(DurableEnd)
            .ThenBy(key => key.Id),
    ];

    /// <summary>Forgets observers that are silent for too long.</summary>
    public void ForgetSilent()
    {
        foreach ((ReplicaKey key, PeerProgress peer) in _peers)
        {
            bool isSilent = peer.LastFetchMs is { } last && node.NowMs - last > node.Options.ObserverSessionMs;
            if (isSilent && !node.Voters.Contains(key))
            {
                _peers.Remove(key);
            }
        }
    }

    /// <summary>For DescribeQuorum: voters and observers in order of keys, this node included.</summary>
    public ImmutableArray<ReplicaProgress> Describe()
    {
        IEnumerable<ReplicaKey> keys = _peers.Where(peer => peer.Value.LastFetchMs is not null).Select(peer => peer.Key)
            .Union(node.Voters.Voters.Select(voter => voter.Key))
            .Append(node.Local)
            .Distinct();
        return [.. keys.OrderBy(key => key.Id).ThenBy(key => key.DirectoryId).Select(Describe)];
    }

    private ReplicaProgress Describe(ReplicaKey key)
    {
        bool isVoter = node.Voters.Contains(key);
        if (key == node.Local)
        {
            return new ReplicaProgress(key, isVoter, node.Log.End, node.Log.DurableEnd, 0);
        }

        PeerProgress? peer = Find(key);
        return new ReplicaProgress(key, isVoter, peer?.LogEnd, peer?.DurableEnd, node.NowMs - peer?.LastFetchMs);
    }

    /// <summary>-1 when unknown.</summary>
    private long DurableEnd(ReplicaKey key)
    {
        if (key == node.Local)
        {
            return node.Broke(RaftSabotage.CountUnflushedSelf) ? node.Log.End.Value : node.Log.DurableEnd.Value;
        }

        return Find(key)?.DurableEnd?.Value ?? -1;
    }
}
