using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums.Invariants;

/// <summary>S-C2: a replica votes for at most one other in an epoch, over all its lives.</summary>
public sealed class OneVotePerEpoch : QuorumInvariant
{
    private readonly Dictionary<(ReplicaKey Voter, LeaderEpoch Epoch), ReplicaKey> _votes = [];

    public override void AfterEvent(SimulatedNode node)
    {
        RaftView view = node.Replica!.Node.View;
        if (view.VotedKey is { } voted)
        {
            _votes.TryAdd((node.Key, view.Epoch), voted);
            ReplicaKey first = _votes[(node.Key, view.Epoch)];
            Require(first == voted, "S-C2", () => $"{node.Key} votes in epoch {view.Epoch} for {first} and for {voted}");
        }
    }
}
