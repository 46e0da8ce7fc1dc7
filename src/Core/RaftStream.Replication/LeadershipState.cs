using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>What the metadata says about a partition that this node leads .</summary>
public sealed record LeadershipState
{
    /// <summary>This node.</summary>
    public required NodeId Self { get; init; }

    /// <summary>The reign.</summary>
    public required LeaderEpoch LeaderEpoch { get; init; }

    /// <summary>Version of the rest.</summary>
    public required PartitionEpoch PartitionEpoch { get; init; }

    /// <summary>Assigned brokers.</summary>
    public required ImmutableArray<NodeId> Replicas { get; init; }

    /// <summary>In-sync replicas, self included.</summary>
    public required ImmutableArray<NodeId> Isr { get; init; }

    /// <summary>Replicas that acks=all needs, as stamped .</summary>
    public required int MinIsr { get; init; }

    /// <summary>True with flush=commit: what a replica has not flushed does not count (section 1 of the rules).</summary>
    public bool CountsFlushed { get; init; }

    /// <summary>True after an unclean election, until this leader has said that its log is loaded .</summary>
    public bool IsRecovering { get; init; }

    /// <summary>The brokers behind the replicas; who is missing is taken for fenced.</summary>
    public ImmutableArray<ReplicaStatus> Brokers { get; init; } = [];
}

/// <summary>What the metadata says about the broker behind a replica .</summary>
/// <param name="Id">Who.</param>
/// <param name="Epoch">Its registration.</param>
/// <param name="IsActive">Unfenced and not shutting down.</param>
public readonly record struct ReplicaStatus(NodeId Id, BrokerEpoch Epoch, bool IsActive);

/// <summary>How far this replica's own log reaches; all ends are exclusive.</summary>
/// <param name="LogStart">First readable offset.</param>
/// <param name="LogEnd">Offset that the next record gets.</param>
/// <param name="EffectiveEnd">What counts as held: the flushed end with flush=commit, the log end with flush=os (section 1 of the rules).</param>
public readonly record struct LogBounds(Offset LogStart, Offset LogEnd, Offset EffectiveEnd);
