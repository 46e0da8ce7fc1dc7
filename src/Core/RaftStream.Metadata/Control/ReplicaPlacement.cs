using System.Collections.Immutable;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>
/// Spreads replicas over brokers and racks: leaders round robin from a random start, followers shifted; a rack is used
/// again only when each has a replica (as Kafka does, KIP-36).
/// </summary>
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
        ImmutableArray<BrokerRegistration> active = [.. brokers.ById.Values.Where(b => b.IsActive)];
        ImmutableArray<BrokerRegistration> usable = InTurns(active.Length >= factor ? active : [.. brokers.ById.Values]);
        int racks = usable.DistinctBy(b => b.Rack, StringComparer.Ordinal).Count();
        int start = prng.Next(usable.Length);
        int shift = prng.Next(usable.Length);
        ImmutableArray<ImmutableArray<NodeId>>.Builder placed = ImmutableArray.CreateBuilder<ImmutableArray<NodeId>>(count);
        for (int partition = 0; partition < count; partition++)
        {
            if (partition > 0 && partition % usable.Length == 0)
            {
                shift++;
            }

            placed.Add(Replicas(usable, racks, factor, first: (start + partition) % usable.Length, shift));
        }

        return placed.MoveToImmutable();
    }

    /// <summary>One broker of each rack, then the next of each: neighbours stand in different racks as far as possible.</summary>
    private static ImmutableArray<BrokerRegistration> InTurns(ImmutableArray<BrokerRegistration> brokers)
    {
        List<Queue<BrokerRegistration>> racks = [.. brokers
            .GroupBy(b => b.Rack, StringComparer.Ordinal)
            .OrderBy(rack => rack.Key, StringComparer.Ordinal)
            .Select(rack => new Queue<BrokerRegistration>(rack))];
        ImmutableArray<BrokerRegistration>.Builder order = ImmutableArray.CreateBuilder<BrokerRegistration>(brokers.Length);
        while (order.Count < brokers.Length)
        {
            foreach (Queue<BrokerRegistration> rack in racks)
            {
                if (rack.TryDequeue(out BrokerRegistration? broker))
                {
                    order.Add(broker);
                }
            }
        }

        return order.MoveToImmutable();
    }

    private static ImmutableArray<NodeId> Replicas(ImmutableArray<BrokerRegistration> usable, int racks, int factor, int first, int shift)
    {
        ImmutableArray<NodeId>.Builder replicas = ImmutableArray.CreateBuilder<NodeId>(factor);
        var usedRacks = new HashSet<string>(StringComparer.Ordinal) { usable[first].Rack };
        replicas.Add(usable[first].Id);
        for (int step = 0; replicas.Count < factor; step++)
        {
            // Every other broker comes by once in usable.Length - 1 steps, and all racks are used by then.
            int distance = 1 + (int)((((long)shift * racks) + step) % (usable.Length - 1));
            BrokerRegistration next = usable[(first + distance) % usable.Length];
            if ((usedRacks.Count == racks || !usedRacks.Contains(next.Rack)) && !replicas.Contains(next.Id))
            {
                replicas.Add(next.Id);
                usedRacks.Add(next.Rack);
            }
        }

        return replicas.MoveToImmutable();
    }
}
