using System.Collections.Immutable;

using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Numbers of partitions of one topic, a bit each. Immutable.</summary>
internal readonly record struct PartitionSet(ImmutableArray<ulong> Words)
{
    public static readonly PartitionSet Empty = new([]);

    public IEnumerable<int> InOrder()
    {
        for (int word = 0; word < Words.Length; word++)
        {
            for (ulong rest = Words[word]; rest != 0; rest &= rest - 1)
            {
                yield return (word * 64) + System.Numerics.BitOperations.TrailingZeroCount(rest);
            }
        }
    }
}

/// <summary>
/// Which partitions a broker is a replica of: what fencing it must look at. Costs two words per topic and broker, and is
/// touched only when replicas are assigned or go, since leaders and ISRs are looked up in the partitions.
/// </summary>
internal sealed record BrokerIndex(ImmutableDictionary<NodeId, ImmutableDictionary<TopicId, PartitionSet>> ByBroker)
{
    public static readonly BrokerIndex Empty = new(ImmutableDictionary<NodeId, ImmutableDictionary<TopicId, PartitionSet>>.Empty);

    private static readonly ImmutableDictionary<TopicId, PartitionSet> NoTopics = ImmutableDictionary<TopicId, PartitionSet>.Empty;

    public ImmutableDictionary<TopicId, PartitionSet> Of(NodeId broker) => ByBroker.GetValueOrDefault(broker, NoTopics);
}
