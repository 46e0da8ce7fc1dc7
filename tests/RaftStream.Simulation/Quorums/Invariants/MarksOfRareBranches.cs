using RaftStream.Quorum.Storage;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>No rule: notes which rare branches a run came through.</summary>
public sealed class MarksOfRareBranches(QuorumWorld world) : QuorumInvariant
{
    public override void Carried(SimulatedNode node, QuorumStore store, RaftEffect effect)
    {
        string? mark = effect switch
        {
            RaftEffect.TruncateLog => "log truncated",
            RaftEffect.ResetLog => "snapshot installed",
            RaftEffect.StoreSnapshotChunk => "snapshot chunk",
            RaftEffect.AppendCompleted { Error: not Model.ErrorCode.None } => "append lost with its leader",
            _ => null,
        };
        if (mark is not null)
        {
            world.Marks.Reach(mark);
        }
    }

    public override void Moved(SimulatedNode node, RaftEffect.Transition transition)
    {
        string? mark = transition switch
        {
            { To: nameof(RaftRole.Leader) } => "leader elected",
            { To: nameof(RaftRole.Resigned), Reason: "no majority fetched in time" } => "leader resigned: no majority",
            { From: nameof(RaftRole.Prospective), To: nameof(RaftRole.Follower) or nameof(RaftRole.Unattached) } => "pre-vote lost",
            _ => null,
        };
        if (mark is not null)
        {
            world.Marks.Reach(mark);
        }
    }

    public override void AfterEvent(SimulatedNode node)
    {
        if (node.Store!.Snapshots is [.., SnapshotId newest] && newest != SnapshotId.Bootstrap)
        {
            world.Marks.Reach("snapshot written");
        }

        if (node.Store.LogStart.Value > 0)
        {
            world.Marks.Reach("log start advanced");
        }
    }
}
