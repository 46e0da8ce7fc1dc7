using System.Collections.Immutable;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Replicas and preferred leaderships of each broker while a plan is made, and the moves that even them out.</summary>
internal sealed class BrokerLoad
{
    private readonly SortedDictionary<NodeId, int> _replicas = [];
    private readonly SortedDictionary<NodeId, int> _leaderships = [];
    private readonly ImmutableArray<BrokerRegistration> _eligible;
    private readonly BrokersImage _brokers;

    /// <param name="eligible">Brokers that may get replicas.</param>
    public BrokerLoad(MetadataImage image, ImmutableArray<BrokerRegistration> eligible)
    {
        _brokers = image.Brokers;
        _eligible = eligible;
        foreach (NodeId id in image.Brokers.ById.Keys)
        {
            (_replicas[id], _leaderships[id]) = (0, 0);
        }
    }

    public int EligibleCount => _eligible.Length;

    /// <summary>Counts a partition in.</summary>
    /// <returns>Its replicas, to be moved.</returns>
    public NodeId[] Count(ImmutableArray<NodeId> replicas)
    {
        foreach (NodeId id in replicas)
        {
            _replicas[id] = _replicas.GetValueOrDefault(id) + 1;
        }

        _leaderships[replicas[0]] = _leaderships.GetValueOrDefault(replicas[0]) + 1;
        return [.. replicas];
    }

    /// <summary>Puts the least loaded broker in the place of each that leaves, in another rack than the others where there is one.</summary>
    /// <returns>False when there are not enough brokers.</returns>
    public bool Evacuate(NodeId[] target, NodeId[] leaving)
    {
        for (int place = 0; place < target.Length; place++)
        {
            // A broker that was unregistered holds nothing any more either.
            if (!leaving.Contains(target[place]))
            {
                continue;
            }

            NodeId? best = _eligible
                .Where(b => !target.Contains(b.Id))
                .OrderByDescending(b => Racks(target, place, b.Id))
                .ThenBy(b => place == 0 ? _leaderships[b.Id] : 0)
                .ThenBy(b => _replicas[b.Id])
                .ThenBy(b => b.Id)
                .Select(b => (NodeId?)b.Id)
                .FirstOrDefault();
            if (best is not { } winner)
            {
                return false;
            }

            Move(target, place, winner);
        }

        return true;
    }

    /// <summary>Gives the preferred leadership, with its replica, to the receiver that has fewest if that evens it out.</summary>
    public void MoveLeadership(NodeId[] target, IReadOnlyList<NodeId> receivers)
    {
        NodeId? receiver = Least(target, receivers, 0, _leaderships);
        if (receiver is { } to && _leaderships[target[0]] - _leaderships[to] >= 2 && _replicas[target[0]] > _replicas[to])
        {
            Move(target, 0, to);
        }
    }

    /// <summary>Gives follower replicas to receivers that have fewer, as long as that evens it out.</summary>
    public void MoveReplicas(NodeId[] target, IReadOnlyList<NodeId> receivers)
    {
        foreach (int place in Enumerable.Range(1, target.Length - 1).OrderByDescending(place => _replicas[target[place]]).ToList())
        {
            NodeId? receiver = Least(target, receivers, place, _replicas);
            if (receiver is { } to && _replicas[target[place]] - _replicas[to] >= 2)
            {
                Move(target, place, to);
            }
        }
    }

    /// <summary>The receiver with the least load that does not bring replicas together in a rack.</summary>
    private NodeId? Least(NodeId[] target, IReadOnlyList<NodeId> receivers, int place, SortedDictionary<NodeId, int> load)
    {
        int racks = Racks(target, place, target[place]);
        return receivers
            .Where(id => !target.Contains(id) && Racks(target, place, id) >= racks)
            .OrderBy(id => load[id])
            .ThenBy(id => id)
            .Select(id => (NodeId?)id)
            .FirstOrDefault();
    }

    /// <summary>In how many racks the replicas would stand.</summary>
    private int Racks(NodeId[] target, int place, NodeId instead) => target
        .Select((id, i) => _brokers.Find(i == place ? instead : id)?.Rack ?? "")
        .Distinct(StringComparer.Ordinal)
        .Count();

    private void Move(NodeId[] target, int place, NodeId to)
    {
        _replicas[target[place]]--;
        _replicas[to]++;
        if (place == 0)
        {
            _leaderships[target[0]]--;
            _leaderships[to]++;
        }

        target[place] = to;
    }
}
