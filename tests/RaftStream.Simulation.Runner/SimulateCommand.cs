using System.CommandLine;
using System.CommandLine.Invocation;
using RaftStream.Cli.CommandLine;

namespace RaftStream.Simulation.Runner;

/// <summary>The command line.</summary>
internal static class SimulateCommand
{
    private static readonly Option<int> Seeds = new("--seeds") { Description = "How many seeds to live.", DefaultValueFactory = _ => 1_000 };
    private static readonly Option<long> From = new("--from") { Description = "The first seed of a sweep.", DefaultValueFactory = _ => 0 };
    private static readonly Option<long?> Seed = new("--seed") { Description = "Lives this seed only." };
    private static readonly Option<string?> World = new("--world") { Description = "quorum or cluster; both in a sweep when it is left out, quorum otherwise." };
    private static readonly Option<string?> Mutant = new("--mutant") { Description = "Switches one rule off; \"list\" names them, \"all\" tries each." };
    private static readonly Option<bool> Trace = new("--trace") { Description = "Prints what happens, line by line." };

    /// <summary>Reads the command line and does what it says.</summary>
    /// <returns>The exit code: 0 every rule held, 1 one broke, 2 when the command line makes no sense.</returns>
    public static int Invoke(string[] args, TextWriter error)
    {
        var root = new RootCommand("Lives of a simulated quorum, and of simulated clusters: seeds in, broken rules out. Exit code 1 when a rule broke.")
        {
            Seeds, From, Seed, World, Mutant, Trace,
        };
        root.SetAction(parsed => Run(parsed, error));
        ParseResult parsed = root.Parse(args);
        return parsed.Action is ParseErrorAction ? UsageErrors.Explain(parsed, "scripts/simulate --help", error) : parsed.Invoke();
    }

    private static int Run(ParseResult parsed, TextWriter error)
    {
        string? kind = parsed.GetValue(World);
        string? name = parsed.GetValue(Mutant);
        List<SimulatedWorld> worlds = [.. SimulatedWorld.All.Where(one => kind is null || one.Name == kind)];
        bool isOneMutant = name is not (null or "list" or "all");
        List<SimulatedWorld> mutated = isOneMutant ? worlds.FindAll(one => one.Mutants.Any(mutant => mutant.Name == name)) : worlds;
        string? mistake = parsed.GetValue(Seeds) < 1 ? "--seeds must be at least 1: a sweep of nothing proves nothing."
            : parsed.GetValue(From) < 0 || parsed.GetValue(Seed) < 0 ? "a seed cannot be negative."
            : worlds.Count == 0 ? $"there is no world \"{kind}\": quorum and cluster are."
            : mutated.Count == 0 ? $"there is no mutant \"{name}\"; --mutant list names them."
            : null;
        if (mistake is not null)
        {
            error.WriteLine($"error: {mistake}");
            return UsageErrors.ExitCode;
        }

        return name is "list" or "all"
            ? worlds.Max(one => name == "list" ? MutantHunt.List(one) : MutantHunt.Run(one, parsed.GetValue(Seeds)))
            : parsed.GetValue(Seed) is { } seed
                ? OneSeed.Run(mutated[0], (ulong)seed, name, parsed.GetValue(Trace))
                : mutated.Max(kept => Sweep.Run(kept, (ulong)parsed.GetValue(From), parsed.GetValue(Seeds), name));
    }
}
