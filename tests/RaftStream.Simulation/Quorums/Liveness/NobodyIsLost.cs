using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Liveness;

/// <summary>L-2: whoever does not lead follows; nobody stays prospective, candidate, unattached or down.</summary>
public static class NobodyIsLost
{
    /// <summary>Null, or what is wrong.</summary>
    public static string? Wrong(QuorumWorld world)
    {
        foreach (SimulatedNode node in world.Nodes.Where(node => node.Refused is null && node != world.Leader))
        {
            if (node.Replica is not { } replica)
            {
                return $"L-2: {node.Id} is down";
            }

            if (replica.Node.View.Role != RaftRole.Follower)
            {
                return $"L-2: {node.Id} is {replica.Node.View.Role}";
            }
        }

        return null;
    }
}
