using RaftStream.Model;

namespace RaftStream.Raft;

/// <summary>What a replica must never forget (C-3): its epoch, the leader of it, and whom it voted for. Durable before anything that reveals it leaves.</summary>
/// <param name="Epoch">0 when new; never falls.</param>
/// <param name="LeaderId">Leader of the epoch, or <see cref="NodeId.None"/>.</param>
/// <param name="VotedKey">Whom this replica voted for in the epoch, or null.</param>
public sealed record QuorumState(LeaderEpoch Epoch, NodeId LeaderId, ReplicaKey? VotedKey)
{
    /// <summary>As formatted: epoch 0, which never has a leader.</summary>
    public static readonly QuorumState New = new(new LeaderEpoch(0), NodeId.None, null);
}
