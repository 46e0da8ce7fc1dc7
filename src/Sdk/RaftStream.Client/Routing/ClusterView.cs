using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Client.Routing;

/// <summary>What a client knows of the cluster at one moment; never changes, is replaced.</summary>
internal sealed record ClusterView(
    string ClusterId,
    ImmutableDictionary<int, string> Endpoints,
    ImmutableDictionary<string, TopicView> Topics)
{
    public static readonly ClusterView Empty = new(
        "", ImmutableDictionary<int, string>.Empty, ImmutableDictionary<string, TopicView>.Empty);

    /// <summary>
    /// This view, with what <paramref name="known"/> knows better: a broker that lags, or is cut off, still names leaders of old.
    /// A leader epoch of a topic never goes back.
    /// </summary>
    public ClusterView NotOlderThan(ClusterView known)
    {
        ClusterView view = this;
        foreach ((string name, TopicView topic) in Topics)
        {
            if (!known.Topics.TryGetValue(name, out TopicView? before) || before.Id != topic.Id)
            {
                continue;
            }

            for (int i = 0; i < Math.Min(topic.Partitions.Length, before.Partitions.Length); i++)
            {
                if (topic.Partitions[i].LeaderEpoch < before.Partitions[i].LeaderEpoch)
                {
                    view = view.With(name, i, before.Partitions[i], known);
                }
            }
        }

        return view;
    }

    /// <summary>The endpoint of a partition's leader; null when the partition or its leader is not known.</summary>
    public string? LeaderOf(NamedPartition partition)
    {
        if (!Topics.TryGetValue(partition.Topic, out TopicView? topic)
            || (uint)partition.Partition >= (uint)topic.Partitions.Length)
        {
            return null;
        }

        return Endpoints.GetValueOrDefault(topic.Partitions[partition.Partition].Leader.Value);
    }

    private ClusterView With(string name, int number, PartitionView partition, ClusterView known)
    {
        TopicView topic = Topics[name];
        int leader = partition.Leader.Value;
        return this with
        {
            Topics = Topics.SetItem(name, topic with { Partitions = topic.Partitions.SetItem(number, partition) }),
            Endpoints = Endpoints.ContainsKey(leader) || !known.Endpoints.TryGetValue(leader, out string? endpoint)
                ? Endpoints
                : Endpoints.SetItem(leader, endpoint),
        };
    }
}

/// <summary>One topic; its partitions are numbered from 0 without gaps.</summary>
internal sealed record TopicView(string Name, TopicId Id, ImmutableArray<PartitionView> Partitions);

/// <summary>Who leads a partition, and since which reign.</summary>
/// <param name="WhyLeaderless">What a broker said of a partition without a leader; null when it said nothing.</param>
internal readonly record struct PartitionView(NodeId Leader, LeaderEpoch LeaderEpoch, string? WhyLeaderless = null)
{
    /// <summary>The failure of asking for a leader that there is not, or that takes no calls.</summary>
    public RaftStreamException NoLeader(NamedPartition name) => new(
        ErrorCode.LeaderNotAvailable,
        Leader == NodeId.None ? WhyLeaderless ?? $"Partition {name} has no leader now." : $"Broker {Leader} leads, but is fenced: it cannot be asked.");
}
