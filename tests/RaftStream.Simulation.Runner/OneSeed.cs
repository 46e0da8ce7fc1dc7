using RaftStream.Simulation.Quorums;

namespace RaftStream.Simulation.Runner;

/// <summary>Lives one seed, with its trace if wanted.</summary>
internal static class OneSeed
{
    public static int Run(SimulatedWorld world, ulong seed, string? mutant, bool prints)
    {
        SimulationResult result = world.Run(seed, mutant, prints ? Console.WriteLine : null);
        Console.WriteLine(result.Failure ?? $"{world.Name} seed {seed}: every rule held");
        Console.WriteLine($"trace {result.TraceHash:x16}, {result.Events:N0} events, {result.VirtualMs / 1000.0:N1} s of virtual time, {result.Operations:N0} operations answered");
        return result.Failure is null ? 0 : 1;
    }
}
