using System.Globalization;
using RaftStream.Simulation.Quorums;
using RaftStream.Simulation.Quorums.World;
using Xunit.Abstractions;

namespace RaftStream.Simulation.Tests;

/// <summary>What every world is asked: many seeds without a broken rule, every rare branch among them, and the same life from the same seed.</summary>
internal static class Lives
{
    /// <summary>Lives so many seeds, or <c>RAFTSTREAM_SEEDS</c> of them.</summary>
    /// <param name="missing">The rare branches that were not reached.</param>
    public static void KeepEveryRule(Func<ulong, SimulationResult> live, int seeds, Func<Marks, IEnumerable<string>> missing, ITestOutputHelper output)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("RAFTSTREAM_SEEDS"), CultureInfo.InvariantCulture, out int given) ? given : seeds;
        var marks = new Marks();
        var failures = new List<SimulationResult>();
        Parallel.For(0, count, seed =>
        {
            SimulationResult result = live((ulong)seed);
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
        Assert.Empty(missing(marks));
    }

    /// <summary>F-10.</summary>
    public static void AreDecidedByTheSeed(Func<ulong, SimulationResult> live, ulong seed)
    {
        SimulationResult first = live(seed);
        SimulationResult second = live(seed);
        Assert.Equal((first.TraceHash, first.Events, first.Operations), (second.TraceHash, second.Events, second.Operations));
        Assert.NotEqual(first.TraceHash, live(seed + 1).TraceHash);
    }

    /// <summary>F-11: some of so many seeds must notice that a rule is switched off.</summary>
    /// <param name="mutant">Its name, for the failure.</param>
    public static void Notice(string mutant, Func<ulong, SimulationResult> live, int seeds)
    {
        ParallelLoopResult all = Parallel.For(0, seeds, (seed, loop) =>
        {
            if (live((ulong)seed).Failure is not null)
            {
                loop.Stop();
            }
        });
        Assert.False(all.IsCompleted, $"{mutant} was not noticed in {seeds} seeds.");
    }
}
