using System.Diagnostics;
using RaftStream.Simulation.Quorums;
using RaftStream.Simulation.Quorums.World;
using Spectre.Console;

namespace RaftStream.Simulation.Runner;

/// <summary>Lives many seeds on all cores, and sums up.</summary>
internal static class Sweep
{
    public static int Run(SimulatedWorld world, ulong first, int count, string? mutant)
    {
        var marks = new Marks();
        long events = 0;
        long virtualMs = 0;
        long operations = 0;
        var failures = new List<SimulationResult>();
        var watch = Stopwatch.StartNew();
        AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(progress =>
        {
            ProgressTask task = progress.AddTask($"{world.Name} seeds", maxValue: count);
            Parallel.For(0, count, i =>
            {
                ulong seed = first + (ulong)i;
                SimulationResult result = world.Run(seed, mutant, null);
                lock (marks)
                {
                    marks.Add(result.Marks);
                    events += result.Events;
                    virtualMs += result.VirtualMs;
                    operations += result.Operations;
                    if (result.Failure is not null)
                    {
                        failures.Add(result);
                    }
                }

                task.Increment(1);
            });
        });
        Print(world, count, watch.Elapsed, marks, events, virtualMs, operations, failures);
        return failures.Count == 0 ? 0 : 1;
    }

    private static void Print(
        SimulatedWorld world, int count, TimeSpan took, Marks marks, long events, long virtualMs, long operations, List<SimulationResult> failures)
    {
        var table = new Table().Border(TableBorder.None).AddColumns("what happened", "times");
        foreach ((string mark, long times) in marks.Counts)
        {
            table.AddRow(Markup.Escape(mark), times.ToString("N0", System.Globalization.CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
        foreach (string missing in marks.Missing(world.RequiredMarks))
        {
            Console.WriteLine($"never seen: {missing}");
        }

        SimulationResult? worst = failures.MinBy(failure => failure.Seed);
        if (worst is not null)
        {
            Console.WriteLine(worst.Failure);
            foreach (SimulationResult other in failures.OrderBy(failure => failure.Seed).Take(30))
            {
                Console.WriteLine(other.Failure!.Split('\n')[0]);
            }

            Console.WriteLine($"failing seeds: {string.Join(", ", failures.Select(failure => failure.Seed).Order().Take(30))}");
        }

        double seconds = took.TotalSeconds;
        Console.WriteLine(
            $"{world.Name}: {count:N0} seeds, {failures.Count:N0} failed, in {seconds:N1} s; {events:N0} events ({events / seconds:N0} per second), "
            + $"{virtualMs / 1000.0:N0} s of virtual time ({virtualMs / 1000.0 / seconds:N0} per real second), {operations:N0} operations answered");
    }
}
