using System.Globalization;
using RaftStream.Simulation.Quorums;
using RaftStream.Simulation.Quorums.World;
using Xunit.Abstractions;

namespace RaftStream.Simulation.Tests;

/// <summary>The quorum under faults; <c>RAFTSTREAM_SEEDS=20000</c> lives more seeds, <c>scripts/simulate</c> shows them.</summary>
public sealed class QuorumSweepTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 240;

    [Fact]
    public void S_C1_to_S_C15_and_L_1_to_L_5_hold_and_every_rare_branch_is_reached()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("RAFTSTREAM_SEEDS"), CultureInfo.InvariantCulture, out int given) ? given : DefaultSeeds;
        var marks = new Marks();
        var failures = new List<SimulationResult>();
        Parallel.For(0, count, seed =>
        {
            SimulationResult result = SimulationRun.Run((ulong)seed);
            lock (failures)
            {
                marks.Add(result.Marks);
                if (result.Failure is not null)
                {
                    failures.Add(result);
                }
            }
        });
        foreach ((string mark, long times) in marks.Counts)
        {
            output.WriteLine($"{mark}: {times}");
        }

        Assert.True(failures.Count == 0, failures.MinBy(failure => failure.Seed)?.Failure);
        Assert.Empty(marks.Missing());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(10)]
    public void F_10_the_same_seed_gives_the_same_life(ulong seed)
    {
        SimulationResult first = SimulationRun.Run(seed);
        SimulationResult second = SimulationRun.Run(seed);
        Assert.Equal((first.TraceHash, first.Events, first.Operations), (second.TraceHash, second.Events, second.Operations));
        Assert.NotEqual(first.TraceHash, SimulationRun.Run(seed + 1).TraceHash);
    }

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
