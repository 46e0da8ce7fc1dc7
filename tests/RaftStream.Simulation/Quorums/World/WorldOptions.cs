using RaftStream.Metadata.Control;
using RaftStream.Quorum.Replicas;
using RaftStream.Quorum.Storage;
using RaftStream.Raft;

namespace RaftStream.Simulation.Quorums.World;

/// <summary>Sizes of a world, and rules that are switched off in it.</summary>
public sealed record WorldOptions
{
    /// <summary>Voters at the start.</summary>
    public int Voters { get; init; } = 3;

    /// <summary>Nodes that may be added as voters.</summary>
    public int Spares { get; init; } = 1;

    /// <summary>Brokers: observers of the log that register and send heartbeats.</summary>
    public int Brokers { get; init; } = 2;

    /// <summary>Virtual time with faults.</summary>
    public long FaultyMs { get; init; } = 40_000;

    /// <summary>Time within which everything must be well again (section 4 of the invariants).</summary>
    public long RecoveryMs { get; init; } = 30_000;

    /// <summary>Time for which it must stay so.</summary>
    public long QuietMs { get; init; } = 60_000;

    /// <summary>Tiny, so that logs have many segments.</summary>
    public int SegmentBytes { get; init; } = 4096;

    /// <summary>Snapshots every few kilobytes.</summary>
    public UpkeepOptions Upkeep { get; init; } = new() { SnapshotBytes = 6_000, RetainBytes = 9_000, SnapshotIntervalMs = 20_000, CheckpointMs = 5_000 };

    /// <summary>Limits of the controllers; small batches, so that transactions happen.</summary>
    public ControllerOptions Controller { get; init; } = new() { ClusterId = QuorumWorld.ClusterId, MaxBatchRecords = 8 };

    /// <summary>Timeouts as in production.</summary>
    public RaftOptions Raft { get; init; } = new() { SnapshotChunkBytes = 300, MaxFetchBytes = 2_000 };

    /// <summary>Faults that are not wanted.</summary>
    public bool WithoutFaults { get; init; }

    /// <summary>Name of the rule that is switched off; null is none.</summary>
    public string? Mutant { get; init; }

    internal RaftSabotage Sabotage { get; init; }

    internal QuorumSabotage StoreSabotage { get; init; }
}
