using RaftStream.Metadata.Control;
using RaftStream.Model;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;

namespace RaftStream.Quorum.Replicas;

/// <summary>What a <see cref="QuorumReplica"/> is made of.</summary>
public sealed record QuorumReplicaParts
{
    /// <summary>Who the node is; state and log as the store recovered them.</summary>
    public required RaftStart Start { get; init; }

    /// <summary>Its disk; disposed of with the replica.</summary>
    public required QuorumStore Store { get; init; }

    /// <summary>Limits of the controller.</summary>
    public required ControllerOptions Controller { get; init; }

    /// <summary>Network, flusher and waiting callers.</summary>
    public required IQuorumHost Host { get; init; }

    /// <summary>Draws election timeouts.</summary>
    public required Prng Prng { get; init; }

    /// <summary>Told of every effect of the node, those on the disk once they are carried out; for checkers.</summary>
    internal Action<RaftEffect>? Observer { get; init; }

    /// <summary>When to write snapshots, and what to keep.</summary>
    public UpkeepOptions Upkeep { get; init; } = new();
}

/// <summary>When a replica writes snapshots and notes how far it is durable (section 6).</summary>
public sealed record UpkeepOptions
{
    /// <summary>Log bytes since the last snapshot after which another is written. Default 20 MiB.</summary>
    public long SnapshotBytes { get; init; } = 20L << 20;

    /// <summary>Time since the last snapshot after which another is written, if there is anything new. Default 1 hour.</summary>
    public long SnapshotIntervalMs { get; init; } = 3_600_000;

    /// <summary>Log bytes kept below the newest snapshot, for followers that are behind. Default 100 MiB.</summary>
    public long RetainBytes { get; init; } = 100L << 20;

    /// <summary>Time between two notes of the durable end (C-13.6). Default 5 s.</summary>
    public long CheckpointMs { get; init; } = 5_000;
}
