using RaftStream.Broker.Partitions;
using RaftStream.Model;
using RaftStream.Replication;
using RaftStream.Simulation.Clusters.Invariants;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>Brokers with their partitions, controllers, clients and faults on one agenda: one seed for everything (F-10).</summary>
public sealed class ClusterWorld
{
    /// <summary>The cluster that all nodes belong to.</summary>
    public static readonly Guid ClusterId = new("5d3a7b10-6c1e-4f0a-9a77-31d2c4b5e6f7");

    private readonly List<BrokerMachine> _brokers = [];
    private readonly Dictionary<ReplicaStream, (BrokerProcess Leader, SimulatedSession Session)> _sessions = [];

    public ClusterWorld(ulong seed, ClusterOptions options)
    {
        var prng = new Prng(seed);
        Seed = seed;
        Options = options;
        Prng = prng.Fork();
        Network = new ClusterNetwork(this, prng.Fork());
        Checks = new ClusterChecks(this);
        Quorum = new IdealQuorum(this, prng.Fork());
        for (int id = 0; id < options.Brokers; id++)
        {
            _brokers.Add(new BrokerMachine(this, id, prng.Fork()));
        }

        Operator = new Operator(this, prng.Fork());
        Producers = [.. Enumerable.Range(0, options.Clients).Select(i => new Producer(this, i, prng.Fork()))];
        Consumers = [.. Enumerable.Range(0, options.Clients).Select(i => new Consumer(this, 50 + i, i % 2 == 0 ? BrokerMachine.RackOf(i / 2) : "", prng.Fork()))];
        Faults = new ClusterFaults(this, prng.Fork());
    }

    public ulong Seed { get; }

    public ClusterOptions Options { get; }

    public Agenda Agenda { get; } = new();

    public Trace Trace { get; } = new();

    public Marks Marks { get; } = new();

    /// <summary>Things that happened.</summary>
    public long Events { get; private set; }

    /// <summary>Requests of clients that succeeded.</summary>
    public long Succeeded => Producers.Sum(producer => producer.Acknowledged) + Consumers.Sum(consumer => consumer.Records);

    internal Prng Prng { get; }

    internal ClusterNetwork Network { get; }

    internal IdealQuorum Quorum { get; }

    internal ClusterChecks Checks { get; }

    internal ClusterFaults Faults { get; }

    internal Operator Operator { get; }

    internal IReadOnlyList<BrokerMachine> Brokers => _brokers;

    internal IReadOnlyList<Producer> Producers { get; }

    internal IReadOnlyList<Consumer> Consumers { get; }

    /// <summary>For failure reports.</summary>
    public IEnumerable<string> Describe() =>
    [
        .. _brokers.Select(broker => broker.ToString()),
        .. Quorum.Image.Topics.InOrder().SelectMany(topic => topic.Partitions.Select(state =>
            $"{topic.Name}-{state.Partition} leader {state.Leader} e{state.LeaderEpoch} p{state.PartitionEpoch.Value} replicas {string.Join(",", state.Replicas)} "
            + $"isr {string.Join(",", state.Isr)} elr {string.Join(",", state.Elr)} min {state.MinIsr}")),
    ];

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

    public void Note(string what) => Trace.Add(Agenda.NowMs, what);

    /// <summary>A follower calls a leader; who is not there refuses.</summary>
    internal ReplicaStream NewStream(BrokerProcess follower, SimulatedLink link, NodeId leader)
    {
        var stream = new ReplicaStream(this, Prng, follower.Id.Value, leader.Value);
        BrokerMachine machine = _brokers[leader.Value];
        stream.ToLeader(() =>
        {
            if (machine.Process is not { } process)
            {
                stream.Close(byLeader: true);
                return;
            }

            _sessions[stream] = (process, new SimulatedSession(process, link, follower, stream));
            stream.BrokenAtLeader = () => process.Do(() => End(stream));
            process.Do(() =>
            {
                if (process.Image is null)
                {
                    stream.Close(byLeader: true); // it does not know its partitions yet
                    End(stream);
                }
            });
        });
        return stream;
    }

    internal SimulatedSession? SessionOf(ReplicaStream stream) => _sessions.TryGetValue(stream, out var found) ? found.Session : null;

    internal void CloseSessionsOf(BrokerProcess leader, bool isSilent)
    {
        foreach ((ReplicaStream stream, (BrokerProcess process, SimulatedSession session)) in _sessions.ToList())
        {
            if (ReferenceEquals(process, leader))
            {
                session.Close(isSilent);
                _sessions.Remove(stream);
            }
        }
    }

    /// <summary>The metadata log has grown: every broker hears of it in its own time.</summary>
    internal void Spread()
    {
        int changes = Quorum.Published.Count;
        int from = Quorum.Leader is { } leader ? ClusterNetwork.Controller(leader.Index) : -1;
        foreach (BrokerMachine broker in _brokers)
        {
            if (broker.Process is { } process && !Network.IsCut(from, broker.Id.Value) && !Network.IsCut(broker.Id.Value, from))
            {
                process.In(Network.Latency() + broker.MetadataLagMs, () => process.TakeMetadata(changes));
            }
        }
    }

    /// <summary>A proposal was answered, or given up.</summary>
    internal void Proposed(BrokerProcess process, PartitionCell cell, IsrChange change, ErrorCode error)
    {
        Note($"{process.Id} {cell.Name} proposed isr {string.Join(",", change.NewIsr.Select(member => member.Id))} at p{change.PartitionEpoch.Value}: {error}");
        Marks.Reach(change.IsFence ? "proposal fenced" : error == ErrorCode.None ? "isr changed" : "proposal refused");
    }

    private void End(ReplicaStream stream)
    {
        if (_sessions.Remove(stream, out var found))
        {
            found.Session.End();
        }
    }
}
