using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C3: the durable epoch of a replica never falls, and its log holds nothing later.</summary>
public sealed class EpochNeverFalls : QuorumInvariant
{
    private readonly Dictionary<ReplicaKey, LeaderEpoch> _durable = [];

    public override void Started(SimulatedNode node, QuorumStore store)
    {
        LeaderEpoch before = _durable.GetValueOrDefault(node.Key);
        Require(store.State.Epoch >= before, "S-C3", () => $"{node.Key} had epoch {before} on its disk and starts with {store.State.Epoch}");
    }

    public override void Carried(SimulatedNode node, QuorumStore store, RaftEffect effect)
    {
        if (effect is RaftEffect.PersistQuorumState(QuorumState state))
        {
            _durable[node.Key] = state.Epoch;
        }
        else if (effect is RaftEffect.AppendLog append)
        {
            LeaderEpoch last = append.Batches[^1].Epoch;
            Require(last <= store.State.Epoch, "S-C3", () => $"{node.Key} appends epoch {last} and has {store.State.Epoch} on its disk");
        }
    }
}
