using RaftStream.Simulation.Quorums;

namespace RaftStream.Simulation.Runner;

/// <summary>Looks for the first seed that notices each mutant.</summary>
internal static class MutantHunt
{
    public static int List(SimulatedWorld world)
    {
        foreach ((string name, string rule) in world.Mutants)
        {
            Console.WriteLine($"{world.Name,-8} {name,-32} {rule}");
        }

        return 0;
    }

    public static int Run(SimulatedWorld world, int seeds)
    {
        int missed = 0;
        Parallel.ForEach(world.Mutants, mutant =>
        {
            SimulationResult? found = Find(world, mutant.Name, seeds);
            if (found is null)
            {
                Interlocked.Increment(ref missed);
            }

            Console.WriteLine(found is null
                ? $"{mutant.Name,-32} NOT FOUND in {seeds:N0} seeds"
                : $"{mutant.Name,-32} found by seed {found.Seed}: {found.Failure!.Split('\n')[0]}");
        });
        Console.WriteLine($"{world.Name}: {world.Mutants.Count} mutants, {missed} not found");
        return missed == 0 ? 0 : 1;
    }

    private static SimulationResult? Find(SimulatedWorld world, string mutant, int seeds)
    {
        for (ulong seed = 0; seed < (ulong)seeds; seed++)
        {
            SimulationResult result = world.Run(seed, mutant, null);
            if (result.Failure is not null)
            {
                return result;
            }
        }

        return null;
    }
}
