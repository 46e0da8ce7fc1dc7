using RaftStream.Simulation.Quorums;

namespace RaftStream.Simulation.Runner;

/// <summary>Looks for the first seed that notices each mutant.</summary>
internal static class MutantHunt
{
    public static int List()
    {
        foreach (Mutant mutant in Mutant.All)
        {
            Console.WriteLine($"{mutant.Name,-26} {mutant.Rule}");
        }

        return 0;
    }

    public static int Run(IReadOnlyList<Mutant> mutants, int seeds)
    {
        int missed = 0;
        Parallel.ForEach(mutants, mutant =>
        {
            SimulationResult? found = Find(mutant, seeds);
            if (found is null)
            {
                Interlocked.Increment(ref missed);
            }

            Console.WriteLine(found is null
                ? $"{mutant.Name,-26} NOT FOUND in {seeds:N0} seeds"
                : $"{mutant.Name,-26} found by seed {found.Seed}: {found.Failure!.Split('\n')[0]}");
        });
        Console.WriteLine($"{mutants.Count} mutants, {missed} not found");
        return missed == 0 ? 0 : 1;
    }

    private static SimulationResult? Find(Mutant mutant, int seeds)
    {
        for (ulong seed = 0; seed < (ulong)seeds; seed++)
        {
            SimulationResult result = SimulationRun.Run(seed, mutant.Apply(SimulationRun.OptionsOf(seed)));
            if (result.Failure is not null)
            {
                return result;
            }
        }

        return null;
    }
}
