using System.Globalization;
using RaftStream.Simulation.Clusters;
using RaftStream.Simulation.Quorums;
using RaftStream.Simulation.Quorums.World;
using Xunit.Abstractions;

namespace RaftStream.Simulation.Tests;

/// <summary>Whole clusters under faults; <c>RAFTSTREAM_SEEDS=20000</c> lives more seeds, <c>scripts/simulate --world cluster</c> shows them.</summary>
public sealed class ClusterSweepTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 150;

    [Fact]
    public void S_R1_to_S_R14_and_L_5_to_L_9_hold_and_every_rare_branch_is_reached()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("RAFTSTREAM_SEEDS"), CultureInfo.InvariantCulture, out int given) ? given : DefaultSeeds;
        var marks = new Marks();
        var failures = new List<SimulationResult>();
        Parallel.For(0, count, seed =>
        {
            SimulationResult result = ClusterRun.Run((ulong)seed);
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
        Assert.Empty(marks.Missing(ClusterRun.RequiredMarks));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(20)]
    public void F_10_the_same_seed_gives_the_same_life(ulong seed)
    {
        SimulationResult first = ClusterRun.Run(seed);
        SimulationResult second = ClusterRun.Run(seed);
        Assert.Equal((first.TraceHash, first.Events, first.Operations), (second.TraceHash, second.Events, second.Operations));
        Assert.NotEqual(first.TraceHash, ClusterRun.Run(seed + 1).TraceHash);
    }
}
