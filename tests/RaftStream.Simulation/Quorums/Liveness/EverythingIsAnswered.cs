using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Liveness;

/// <summary>L-3: every operation is answered, unless its process died; asked some time after the last one began.</summary>
public static class EverythingIsAnswered
{
    /// <summary>Null, or what is wrong.</summary>
    public static string? Wrong(QuorumWorld world) =>
        world.Workload.Open == 0 ? null : $"L-3: {world.Workload.Open} operations were never answered";
}
