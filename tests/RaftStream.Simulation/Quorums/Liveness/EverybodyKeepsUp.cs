using RaftStream.Model;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Liveness;

/// <summary>L-4: every node has applied the log up to the leader's high watermark, but for two fetch waits.</summary>
public static class EverybodyKeepsUp
{
    /// <summary>Two fetch waits are ten records or so at this rate; transactions of many records come on top.</summary>
    private const int MostRecordsBehind = 100;

    /// <summary>Null, or what is wrong.</summary>
    public static string? Wrong(QuorumWorld world)
    {
        Offset highWatermark = world.Leader?.Replica?.Node.View.HighWatermark ?? Offset.Zero;
        foreach (SimulatedNode node in world.Nodes.Where(node => node.IsUp && node != world.Leader))
        {
            long applied = node.Replica!.Controller.Committed.EndOffset;
            if (applied + MostRecordsBehind < highWatermark.Value)
            {
                return $"L-4: {node.Id} has applied {applied} of {highWatermark}";
            }
        }

        return null;
    }
}
