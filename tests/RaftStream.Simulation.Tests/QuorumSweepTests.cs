using RaftStream.Simulation.Quorums;
using Xunit.Abstractions;

namespace RaftStream.Simulation.Tests;

/// <summary>The quorum under faults; <c>RAFTSTREAM_SEEDS=20000</c> lives more seeds, <c>scripts/simulate</c> shows them.</summary>
public sealed class QuorumSweepTests(ITestOutputHelper output)
{
    [Fact]
    public void S_C1_to_S_C15_and_L_1_to_L_5_hold_and_every_rare_branch_is_reached() =>
        Lives.KeepEveryRule(seed => SimulationRun.Run(seed), 240, marks => marks.Missing(), output);

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(10)]
    public void F_10_the_same_seed_gives_the_same_life(ulong seed) => Lives.AreDecidedByTheSeed(one => SimulationRun.Run(one), seed);

    [Fact]
    public void A_failure_says_where_it_was_and_how_to_run_it_again()
    {
        Mutant mutant = Mutant.Find("minority-quorum")!;
        SimulationResult? failed = Enumerable.Range(0, 50)
            .Select(seed => SimulationRun.Run((ulong)seed, mutant.Apply(SimulationRun.OptionsOf((ulong)seed))))
            .FirstOrDefault(result => result.Failure is not null);
        Assert.NotNull(failed);
        Assert.Contains($"seed {failed.Seed}, event", failed.Failure, StringComparison.Ordinal);
        Assert.Contains("RaftView", failed.Failure, StringComparison.Ordinal);
        Assert.Contains($"scripts/simulate --seed {failed.Seed} --mutant minority-quorum --trace", failed.Failure, StringComparison.Ordinal);
    }
}
