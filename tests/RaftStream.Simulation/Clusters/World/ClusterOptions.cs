using RaftStream.Metadata.Control;
using RaftStream.Replication;
using RaftStream.Storage;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>Sizes of a world of brokers, and rules that are switched off in it.</summary>
public sealed record ClusterOptions
{
    /// <summary>Brokers.</summary>
    public int Brokers { get; init; } = 3;

    /// <summary>Nodes that may be the controller.</summary>
    public int Controllers { get; init; } = 3;

    /// <summary>Partitions of the topic that everybody writes to.</summary>
    public int Partitions { get; init; } = 2;

    /// <summary>Replicas of each.</summary>
    public int ReplicationFactor { get; init; } = 3;

    /// <summary><c>min.insync.replicas</c> at the start.</summary>
    public int MinIsr { get; init; } = 2;

    /// <summary>When a replica counts a batch as its own .</summary>
    public bool FlushesOnCommit { get; init; } = true;

    /// <summary>The strategy of topics is balanced: where nobody is known to hold everything, the last leader leads again (R-9.3 step 3). Else an operator decides when the faults are over.</summary>
    public bool RecoversByLastLeader { get; init; } = true;

    /// <summary>Producers and as many consumers.</summary>
    public int Clients { get; init; } = 2;

    /// <summary>Virtual time with faults.</summary>
    public long FaultyMs { get; init; } = 25_000;

    /// <summary>Time within which everything must be well again (section 4 of the invariants).</summary>
    public long RecoveryMs { get; init; } = 30_000;

    /// <summary>Time for which it must stay so.</summary>
    public long QuietMs { get; init; } = 5_000;

    /// <summary>Tiny, so that logs have many segments.</summary>
    public int SegmentBytes { get; init; } = 1024;

    /// <summary>Most bytes of one answer to a follower; small, so that catching up takes several.</summary>
    public int ReplicaFetchBytes { get; init; } = 1500;

    /// <summary>When a replica that lags leaves the ISR.</summary>
    public int ReplicaLagMaxMs { get; init; } = 3_000;

    /// <summary>Disks are replaced (F-6). Then nobody lowers how many replicas or in-sync replicas there are: the last one could go.</summary>
    public bool WipesDisks { get; init; }

    /// <summary>Replicas that lack committed records may lead, by themselves or by an operator's word .</summary>
    public bool LosesRecords { get; init; }

    /// <summary>With <see cref="LosesRecords"/>: without asking anybody (<c>unclean.leader.election.enable</c>).</summary>
    public bool ElectsUncleanly { get; init; }

    /// <summary>Faults that are not wanted.</summary>
    public bool WithoutFaults { get; init; }

    /// <summary>Clients that are not wanted.</summary>
    public bool WithoutClients { get; init; }

    /// <summary>Name of the rule that is switched off; null is none.</summary>
    public string? Mutant { get; init; }

    internal ReplicationSabotage Sabotage { get; init; }

    internal MetadataSabotage MetadataSabotage { get; init; }

    internal Sabotage StorageSabotage { get; init; }

    /// <summary>A broker acts on whatever metadata it has, before it knows its own registration (R-3.1 switched off).</summary>
    internal bool ActsEarly { get; init; }

    internal ControllerOptions ControllerOptions => new()
    {
        ClusterId = ClusterWorld.ClusterId,
        MaxBatchRecords = 8,
        LeaderBalanceIntervalMs = 8_000,
        Settings = new ControllerSettings { Sabotage = MetadataSabotage },
    };

    internal ReplicationTimes Times => new() { ReplicaLagMaxMs = ReplicaLagMaxMs, Sabotage = Sabotage };
}
