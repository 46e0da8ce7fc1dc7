using System.Collections.Immutable;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Spreads replicas over brokers: leaders round robin from a random start, followers shifted (as Kafka without racks).</summary>
public static class ReplicaPlacement
{
    /// <summary>Replicas of <paramref name="count"/> partitions, the preferred leader first.</summary>
    /// <param name="brokers">Active ones are used first, fenced ones only when there are not enough.</param>
    /// <param name="factor">Replicas of each partition; at most the number of registered brokers.</param>
    public static ImmutableArray<ImmutableArray<NodeId>> Place(BrokersImage brokers, int count, int factor, Prng prng)
    {
        ArgumentNullException.ThrowIfNull(brokers);
        ArgumentNullException.ThrowIfNull(prng);
        Invariant.Check(factor >= 1 && factor <= brokers.ById.Count);
        ImmutableArray<NodeId> active = [.. brokers.ById.Values.Where(b => b.IsActive).Select(b => b.Id)];
        ImmutableArray<NodeId> usable = active.Length >= factor ? active : [.. brokers.ById.Keys];
        int start = prng.Next(usable.Length);
        int shift = prng.Next(usable.Length);
        ImmutableArray<ImmutableArray<NodeId>>.Builder placed = ImmutableArray.CreateBuilder<ImmutableArray<NodeId>>(count);
        for (int partition = 0; partition < count; partition++)
        {
            if (partition > 0 && partition % usable.Length == 0)
            {
                shift++;
            }

            placed.Add(Replicas(usable, factor, first: (start + partition) % usable.Length, shift));
        }

        return placed.MoveToImmutable();
    }

    private static ImmutableArray<NodeId> Replicas(ImmutableArray<NodeId> usable, int factor, int first, int shift)
    {
        ImmutableArray<NodeId>.Builder replicas = ImmutableArray.CreateBuilder<NodeId>(factor);
        replicas.Add(usable[first]);
        for (int i = 1; i < factor; i++)
        {
            int distance = 1 + ((shift + i - 1) % (usable.Length - 1));
            replicas.Add(usable[(first + distance) % usable.Length]);
        }

        return replicas.MoveToImmutable();
    }
}
