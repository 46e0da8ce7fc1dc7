using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C1: an epoch has at most one leader, over all nodes and all time, in memory and on disk.</summary>
public sealed class OneLeaderPerEpoch : QuorumInvariant
{
    private readonly Dictionary<int, NodeId> _leaders = [];
    private readonly Dictionary<int, int> _incarnations = [];

    public override void Moved(SimulatedNode node, RaftEffect.Transition transition)
    {
        if (transition.To == nameof(RaftRole.Leader))
        {
            // Also the same node may lead an epoch in one incarnation only (C-4.3, P4).
            int epoch = transition.Epoch.Value;
            bool isFirst = _incarnations.TryAdd(epoch, (node.Id * 1_000_000) + node.Incarnation);
            Require(isFirst, "S-C1", () => $"epoch {epoch} is led twice, now by {node.Id}");
        }
    }

    public override void AfterEvent(SimulatedNode node)
    {
        Note(node.Store!.State.Epoch, node.Store.State.LeaderId, node);
        RaftView view = node.Replica!.Node.View;
        Note(view.Epoch, view.LeaderId, node);
    }

    private void Note(LeaderEpoch epoch, NodeId leader, SimulatedNode node)
    {
        if (leader != NodeId.None)
        {
            _leaders.TryAdd(epoch.Value, leader);
            Require(_leaders[epoch.Value] == leader, "S-C1", () => $"epoch {epoch}: {_leaders[epoch.Value]} leads, and {leader} says {node.Id}");
        }
    }
}
