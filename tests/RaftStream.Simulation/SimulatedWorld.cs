using RaftStream.Simulation.Clusters;
using RaftStream.Simulation.Clusters.World;
using RaftStream.Simulation.Quorums;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation;

/// <summary>A kind of world that lives can be lived in: the same questions to the quorum and to whole clusters.</summary>
public sealed record SimulatedWorld
{
    /// <summary>All kinds.</summary>
    public static readonly IReadOnlyList<SimulatedWorld> All =
    [
        new()
        {
            Name = "quorum",
            Mutants = [.. Mutant.All.Select(mutant => (mutant.Name, mutant.Rule))],
            RequiredMarks = Marks.Required,
            Run = (seed, mutant, listener) =>
            {
                WorldOptions options = SimulationRun.OptionsOf(seed);
                return SimulationRun.Run(seed, mutant is null ? options : Mutant.Find(mutant)!.Apply(options), listener);
            },
        },
        new()
        {
            Name = "cluster",
            Mutants = [.. ClusterMutant.All.Select(mutant => (mutant.Name, mutant.Rule))],
            RequiredMarks = ClusterRun.RequiredMarks,
            Run = (seed, mutant, listener) =>
            {
                ClusterOptions options = ClusterRun.OptionsOf(seed);
                return ClusterRun.Run(seed, mutant is null ? options : ClusterMutant.Find(mutant)!.Apply(options), listener);
            },
        },
    ];

    /// <summary>As <c>--world</c> takes it.</summary>
    public required string Name { get; init; }

    /// <summary>Names of rules that can be switched off, and what they are.</summary>
    public required IReadOnlyList<(string Name, string Rule)> Mutants { get; init; }

    /// <summary>Rare branches that a sweep must have come through.</summary>
    public required IReadOnlyList<string> RequiredMarks { get; init; }

    /// <summary>Lives one seed, with a rule switched off if wanted, telling each line of the trace if wanted.</summary>
    public required Func<ulong, string?, Action<string>?, SimulationResult> Run { get; init; }
}
