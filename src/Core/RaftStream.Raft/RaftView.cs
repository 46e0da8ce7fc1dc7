using RaftStream.Model;

namespace RaftStream.Raft;

/// <summary>The roles of section 5.</summary>
public enum RaftRole
{
    /// <summary>Waits for a leader, or for its election timer.</summary>
    Unattached,

    /// <summary>Fetches from a leader.</summary>
    Follower,

    /// <summary>Asks whether it would be elected; nothing durable changes.</summary>
    Prospective,

    /// <summary>Asks for votes of a new epoch.</summary>
    Candidate,

    /// <summary>Leads.</summary>
    Leader,

    /// <summary>Led the epoch, and does no longer.</summary>
    Resigned,
}

/// <summary>A node at one moment; for status, metrics and checkers.</summary>
/// <param name="Role">What it does.</param>
/// <param name="Epoch">Its epoch, durable.</param>
/// <param name="LeaderId">Leader of the epoch as it knows, itself included; <see cref="NodeId.None"/> when unknown.</param>
/// <param name="VotedKey">Its vote in the epoch.</param>
/// <param name="HighWatermark">What it knows to be committed; null when unknown.</param>
/// <param name="Voters">In force, committed or not.</param>
/// <param name="IsVoter">It is one of them.</param>
/// <param name="LogStart">First offset.</param>
/// <param name="LogEnd">Next offset.</param>
/// <param name="DurableEnd">Flushed up to here.</param>
public sealed record RaftView(
    RaftRole Role,
    LeaderEpoch Epoch,
    NodeId LeaderId,
    ReplicaKey? VotedKey,
    Offset? HighWatermark,
    VoterSet Voters,
    bool IsVoter,
    Offset LogStart,
    Offset LogEnd,
    Offset DurableEnd);
