using RaftStream.Simulation.Clusters;

namespace RaftStream.Simulation.Tests;

/// <summary>Each rule of replication switched off must be noticed: by random lives here, or step by step in <c>Scenarios</c>.</summary>
public sealed class ClusterMutantTests
{
    private const int Most = 200;

    /// <summary>Need a rare order of events; a scenario finds them at once, that of keep-remote-state (P61) in RaftStream.Replication.Tests.</summary>
    private static readonly HashSet<string> ByScenario =
    [
        "take-any-answer", "take-stale-broker", "revert-after-refusal", "no-partition-epoch-check", "high-watermark-from-divergence",
        "min-isr-not-stamped", "end-before-reign-start", "keep-remote-state",
    ];

    public static TheoryData<string> Names => [.. ClusterMutant.All.Select(mutant => mutant.Name).Where(name => !ByScenario.Contains(name))];

    [Theory]
    [MemberData(nameof(Names))]
    public void F_11_a_switched_off_rule_is_noticed(string name)
    {
        ClusterMutant mutant = ClusterMutant.Find(name)!;
        Lives.Notice($"{mutant.Name} ({mutant.Rule})", seed => ClusterRun.Run(seed, mutant.Apply(ClusterRun.OptionsOf(seed))), Most);
    }
}
