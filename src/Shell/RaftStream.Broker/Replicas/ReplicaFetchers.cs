using RaftStream.Model;

namespace RaftStream.Broker.Replicas;

/// <summary>This broker's fetchers, some per leader; a partition always has the same one of them. Made when first needed.</summary>
/// <param name="perLeader">Streams to each leader (<c>num.replica.fetchers</c>).</param>
/// <param name="make">Makes one and lets it run.</param>
internal sealed class ReplicaFetchers(int perLeader, Func<NodeId, IReplicaLink> make)
{
    private readonly Dictionary<(NodeId Leader, int Number), IReplicaLink> _fetchers = [];
    private readonly Lock _gate = new();

    /// <summary>The fetcher of a partition.</summary>
    public IReplicaLink For(NodeId leader, TopicPartition partition)
    {
        int number = (int)((uint)partition.GetHashCode() % (uint)perLeader);
        lock (_gate)
        {
            return _fetchers.TryGetValue((leader, number), out IReplicaLink? fetcher)
                ? fetcher
                : _fetchers[(leader, number)] = make(leader);
        }
    }
}
