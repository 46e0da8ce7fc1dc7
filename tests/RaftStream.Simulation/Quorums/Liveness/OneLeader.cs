using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Liveness;

/// <summary>L-1: one node leads, with an active controller, all know it, and it stays so.</summary>
public static class OneLeader
{
    /// <summary>Null, or what is wrong.</summary>
    public static string? Wrong(QuorumWorld world)
    {
        if (world.Leader is not { Replica: { } replica } leader)
        {
            return "L-1: nobody leads";
        }

        if (replica.Controller.ActiveEpoch is null)
        {
            return $"L-1: the controller of {leader.Id} is not active";
        }

        foreach (SimulatedNode node in world.Nodes.Where(node => node.IsUp && node != leader))
        {
            RaftView view = node.Replica!.Node.View;
            if (view.LeaderId.Value != leader.Id || view.Epoch != replica.Node.View.Epoch)
            {
                return $"L-1: {node.Id} takes {view.LeaderId} for the leader of epoch {view.Epoch}, not {leader.Id}";
            }
        }

        return null;
    }

    /// <summary>Null when this reign still lasts, or what is wrong.</summary>
    public static string? Changed(QuorumWorld world, SimulatedNode leader, LeaderEpoch epoch) =>
        world.Leader == leader && leader.Replica!.Node.View.Epoch == epoch
            ? null
            : $"L-1: another election in quiet times: {leader.Id} led epoch {epoch}";
}
