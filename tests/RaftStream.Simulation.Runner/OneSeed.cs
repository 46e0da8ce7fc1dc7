using RaftStream.Simulation.Quorums;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Runner;

/// <summary>Lives one seed, with its trace if wanted.</summary>
internal static class OneSeed
{
    public static int Run(ulong seed, Mutant? mutant, bool prints)
    {
        WorldOptions options = SimulationRun.OptionsOf(seed);
        SimulationResult result = SimulationRun.Run(seed, mutant?.Apply(options) ?? options, prints ? Console.WriteLine : null);
        Console.WriteLine(result.Failure ?? $"seed {seed}: every rule held");
        Console.WriteLine($"trace {result.TraceHash:x16}, {result.Events:N0} events, {result.VirtualMs / 1000.0:N1} s of virtual time, {result.Operations:N0} operations answered");
        return result.Failure is null ? 0 : 1;
    }
}
