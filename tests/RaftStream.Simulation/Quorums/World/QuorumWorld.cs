using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.Invariants;

namespace RaftStream.Simulation.Quorums.World;

/// <summary>A cluster of controllers and brokers on simulated machines, one seed for everything (F-10).</summary>
public sealed class QuorumWorld
{
    /// <summary>The cluster that all nodes belong to.</summary>
    public static readonly Guid ClusterId = new("0b1c2d3e-4f50-4172-8394-a5b6c7d8e9f0");

    private readonly List<SimulatedNode> _nodes = [];
    private readonly HashSet<int> _failing = [];

    public QuorumWorld(ulong seed, WorldOptions options)
    {
        var prng = new Prng(seed);
        Seed = seed;
        Options = options;
        Network = new SimulatedNetwork(this, prng.Fork());
        Checks = new Checks(this);
        int controllers = options.Voters + options.Spares;
        for (int id = 0; id < controllers + options.Brokers; id++)
        {
            _nodes.Add(new SimulatedNode(this, id, canVote: id < controllers, prng.Fork()));
        }

        var voters = new VoterSet(_nodes.Take(options.Voters).Select(node => new Voter(node.Key, node.Place)));
        foreach (SimulatedNode node in _nodes)
        {
            node.Format(node.Id < options.Voters ? voters : VoterSet.Empty);
        }

        Workload = new Workload(this, prng.Fork());
        Faults = new FaultPlan(this, prng.Fork());
    }

    public ulong Seed { get; }
    public WorldOptions Options { get; }
    public Agenda Agenda { get; } = new();
    public Trace Trace { get; } = new();
    public Marks Marks { get; } = new();
    public SimulatedNetwork Network { get; }
    public Checks Checks { get; }
    public Workload Workload { get; }
    public FaultPlan Faults { get; }
    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    /// <summary>Things that happened.</summary>
    public long Events { get; private set; }

    /// <summary>Where a node is reached.</summary>
    public static RaftEndpoint PlaceOf(int id) => new($"node-{id}", 9000 + id);

    /// <summary>The node that leads the latest epoch; null when nobody leads.</summary>
    public SimulatedNode? Leader => _nodes
        .Where(node => node.Replica?.Node.View.Role == RaftRole.Leader)
        .MaxBy(node => node.Replica!.Node.View.Epoch.Value);

    /// <summary>From now on storage errors of this node are meant (F-4).</summary>
    public void ExpectFailure(SimulatedNode node) => _failing.Add(node.Id);

    /// <summary>True when a fault excuses a storage error of the node.</summary>
    public bool MayFail(SimulatedNode node) => _failing.Contains(node.Id);

    /// <summary>Lets the world run until then, or until something is so.</summary>
    public bool RunUntil(long untilMs, Func<bool>? condition = null)
    {
        while (condition?.Invoke() != true)
        {
            if (!Agenda.Next(untilMs))
            {
                return condition is null;
            }

            Events++;
        }

        return true;
    }
}
