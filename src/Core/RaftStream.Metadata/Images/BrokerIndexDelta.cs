using System.Collections.Immutable;
using System.Runtime.InteropServices;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Changes of the index by broker; one owner. Each set that changes is copied once, at the end.</summary>
internal sealed class BrokerIndexDelta(BrokerIndex before)
{
    private readonly Dictionary<(NodeId Broker, TopicId Topic), List<ulong>> _open = [];

    public void Assign(TopicId topic, PartitionState? old, PartitionState state)
    {
        if (old is not null && old.Replicas.SequenceEqual(state.Replicas))
        {
            return;
        }

        foreach (NodeId broker in old?.Replicas ?? [])
        {
            List<ulong> words = Open(broker, topic);
            words[state.Partition / 64] &= ~(1UL << (state.Partition % 64));
        }

        foreach (NodeId broker in state.Replicas)
        {
            List<ulong> words = Open(broker, topic);
            while (words.Count <= state.Partition / 64)
            {
                words.Add(0);
            }

            words[state.Partition / 64] |= 1UL << (state.Partition % 64);
        }
    }

    public void Remove(TopicImage topic)
    {
        var brokers = new HashSet<NodeId>();
        foreach (PartitionState partition in topic.Partitions)
        {
            foreach (NodeId broker in partition.Replicas)
            {
                if (brokers.Add(broker))
                {
                    Open(broker, topic.Id).Clear();
                }
            }
        }
    }

    public BrokerIndex Apply()
    {
        if (_open.Count == 0)
        {
            return before;
        }

        ImmutableDictionary<NodeId, ImmutableDictionary<TopicId, PartitionSet>>.Builder byBroker = before.ByBroker.ToBuilder();
        foreach (IGrouping<NodeId, KeyValuePair<(NodeId Broker, TopicId Topic), List<ulong>>> group in _open.GroupBy(o => o.Key.Broker))
        {
            ImmutableDictionary<TopicId, PartitionSet>.Builder topics = before.Of(group.Key).ToBuilder();
            foreach (((_, TopicId topic), List<ulong> words) in group)
            {
                if (words.TrueForAll(word => word == 0))
                {
                    topics.Remove(topic);
                }
                else
                {
                    topics[topic] = new PartitionSet(ImmutableCollectionsMarshal.AsImmutableArray(words.ToArray()));
                }
            }

            if (topics.Count == 0)
            {
                byBroker.Remove(group.Key);
            }
            else
            {
                byBroker[group.Key] = topics.ToImmutable();
            }
        }

        return new BrokerIndex(byBroker.ToImmutable());
    }

    private List<ulong> Open(NodeId broker, TopicId topic)
    {
        if (!_open.TryGetValue((broker, topic), out List<ulong>? words))
        {
            words = [.. before.Of(broker).GetValueOrDefault(topic, PartitionSet.Empty).Words];
            _open.Add((broker, topic), words);
        }

        return words;
    }
}
