using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C9: a log that begins above 0 has a snapshot in place that reaches at least to its start (P19).</summary>
public sealed class LogStartHasSnapshot : QuorumInvariant
{
    public override void Started(SimulatedNode node, QuorumStore store) => Check(node, store);

    public override void AfterEvent(SimulatedNode node) => Check(node, node.Store!);

    private static void Check(SimulatedNode node, QuorumStore store)
    {
        bool holds = store.LogStart.Value == 0 || store.Snapshots is [.., SnapshotId newest] && newest.EndOffset >= store.LogStart;
        Require(holds, "S-C9", () => $"the log of {node.Id} starts at {store.LogStart} and no snapshot reaches it");
    }
}
