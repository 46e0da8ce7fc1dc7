using RaftStream.Simulation.Quorums;

namespace RaftStream.Simulation.Tests;

/// <summary>Each rule switched off must be noticed: by random lives here, or step by step in <c>Scenarios</c>.</summary>
public sealed class MutantTests
{
    private const int Most = 250;

    /// <summary>Need a rare order of events, or cost only time; a scenario finds them at once.</summary>
    private static readonly HashSet<string> ByScenario =
    [
        "take-any-response", "take-later-epochs", "no-yield", // in RaftStream.Raft.Tests
        "commit-earlier-epochs", "early-voter-change", "barrier-without-echo", "keep-voters", "no-check-quorum", "resume-as-candidate",
        "no-pre-vote", "always-grant-pre-vote", "ignore-resignation", "no-election-wait", "same-id-voter",
    ];

    public static TheoryData<string> Names => [.. Mutant.All.Select(mutant => mutant.Name).Where(name => !ByScenario.Contains(name))];

    [Theory]
    [MemberData(nameof(Names))]
    public void F_11_a_switched_off_rule_is_noticed(string name)
    {
        Mutant mutant = Mutant.Find(name)!;
        Lives.Notice($"{mutant.Name} ({mutant.Rule})", seed => SimulationRun.Run(seed, mutant.Apply(SimulationRun.OptionsOf(seed))), Most);
    }
}
