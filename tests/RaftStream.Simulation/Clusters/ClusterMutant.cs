using RaftStream.Metadata.Control;
using RaftStream.Replication;
using RaftStream.Simulation.Clusters.World;
using RaftStream.Storage;

namespace RaftStream.Simulation.Clusters;

/// <summary>The code with one rule of replication switched off: the checks must notice within some seeds, or they are blind (F-11).</summary>
/// <param name="Name">As <c>--mutant</c> takes it.</param>
/// <param name="Rule">The rule and the known bug that it stands for.</param>
/// <param name="Apply">Switches the rule off in a world.</param>
public sealed record ClusterMutant(string Name, string Rule, Func<ClusterOptions, ClusterOptions> Apply)
{
    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<ClusterMutant> All =
    [
        Replication("take-any-answer", "R-7.1, P25", ReplicationSabotage.TakeAnyAnswer),
        Replication("leader-counts-unflushed", "R-5.1, P60", ReplicationSabotage.CountUnflushedSelf),
        Replication("join-by-log-end", "R-8.1, P59", ReplicationSabotage.JoinByLogEnd),
        Replication("revert-after-refusal", "R-8.4, P49", ReplicationSabotage.RevertAfterRefusal),
        Replication("no-maximal-isr", "R-8.4", ReplicationSabotage.NoMaximalIsr),
        Replication("join-below-reign-start", "R-8.1, P47", ReplicationSabotage.JoinBelowReignStart),
        Replication("no-divergence-check", "R-7.2, P44", ReplicationSabotage.NoDivergenceCheck),
        Replication("advance-below-min-isr", "R-5.1, P54", ReplicationSabotage.AdvanceBelowMinIsr),
        Replication("keep-remote-state", "R-3.3, P61", ReplicationSabotage.KeepRemoteState),
        Replication("eager-shrink", "R-8.6, P48", ReplicationSabotage.EagerShrink),
        Replication("count-diverging-fetch", "R-6.2, P46", ReplicationSabotage.CountDivergingFetch),
        Replication("high-watermark-from-divergence", "R-5.3, P46", ReplicationSabotage.HighWatermarkFromDivergence),
        Replication("ack-by-offset-only", "R-4.4, P63", ReplicationSabotage.AckByOffsetOnly),
        Replication("take-stale-broker", "R-6.1, P51", ReplicationSabotage.TakeStaleBroker),
        Replication("count-nobody-else", "R-5.1", ReplicationSabotage.CountNobodyElse),
        Metadata("no-partition-epoch-check", "R-9.1, P49", MetadataSabotage.NoPartitionEpochCheck),
        Metadata("anybody-may-join", "R-9.1, P51, P52", MetadataSabotage.AnybodyMayJoin),
        Metadata("no-elr", "R-9.3, P58", MetadataSabotage.NoElr),
        Metadata("keep-unclean-elr", "R-9.5", MetadataSabotage.KeepUncleanElr),
        Metadata("no-fence", "R-8.4", MetadataSabotage.NoFence),
        Storage("no-flush", "R-12.1, S-S1", Sabotage.NoFlush),
        new("min-isr-not-stamped", "R-2.3, P53", options => options with
        {
            MetadataSabotage = MetadataSabotage.NoStamp,
            Sabotage = ReplicationSabotage.MinIsrFromConfig,
            Mutant = "min-isr-not-stamped",
        }),
        Replication("end-before-reign-start", "R-11.3, P66", ReplicationSabotage.EndBeforeReignStart),
        Storage("no-folder-sync", "R-12.1", Sabotage.NoFolderSync),
        Storage("no-truncation-sync", "R-13.1, P26", Sabotage.NoTruncationSync),
        Storage("keep-clean-shutdown-file", "R-14.1, P55", Sabotage.KeepCleanShutdownFile),
        Storage("trust-index", "R-12.3, P79", Sabotage.TrustIndex),
        Storage("trust-epoch-file", "R-14.5, P69", Sabotage.TrustEpochFile),
        Storage("followers-forget-producers", "G-3.2, S-R7", Sabotage.FollowersForgetProducers),
        Storage("keep-cut-producers", "R-13.3, S-R7", Sabotage.KeepCutProducers),
        Replication("ack-duplicate-at-once", "R-4.5, P103", ReplicationSabotage.AckDuplicateAtOnce),
        new("act-before-registration", "R-3.1, P56", options => options with { ActsEarly = true, Mutant = "act-before-registration" }),
    ];

    /// <summary>The one with this name; null when there is none.</summary>
    public static ClusterMutant? Find(string name) => All.FirstOrDefault(mutant => mutant.Name == name);

    private static ClusterMutant Replication(string name, string rule, ReplicationSabotage sabotage) =>
        new(name, rule, options => options with { Sabotage = sabotage, Mutant = name });

    private static ClusterMutant Storage(string name, string rule, Sabotage sabotage) =>
        new(name, rule, options => options with { StorageSabotage = sabotage, Mutant = name });

    private static ClusterMutant Metadata(string name, string rule, MetadataSabotage sabotage) =>
        new(name, rule, options => options with { MetadataSabotage = sabotage, Mutant = name });
}
