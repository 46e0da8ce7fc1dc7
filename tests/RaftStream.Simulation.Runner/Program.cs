using System.CommandLine;
using RaftStream.Simulation;
using RaftStream.Simulation.Runner;

var seeds = new Option<int>("--seeds") { Description = "How many seeds to live.", DefaultValueFactory = _ => 1_000 };
var from = new Option<long>("--from") { Description = "The first seed of a sweep.", DefaultValueFactory = _ => 0 };
var seed = new Option<long?>("--seed") { Description = "Lives this seed only." };
var world = new Option<string?>("--world") { Description = "quorum or cluster; both in a sweep when it is left out, quorum otherwise." };
var mutant = new Option<string?>("--mutant") { Description = "Switches one rule off; \"list\" names them, \"all\" tries each." };
var trace = new Option<bool>("--trace") { Description = "Prints what happens, line by line." };
var root = new RootCommand("Lives of a simulated quorum, and of simulated clusters: seeds in, broken rules out. Exit code 1 when a rule broke.")
{
    seeds, from, seed, world, mutant, trace,
};
root.SetAction(parsed =>
{
    if (parsed.GetValue(seeds) < 1)
    {
        Console.Error.WriteLine("error: --seeds must be at least 1: a sweep of nothing proves nothing.");
        return 2;
    }

    string? kind = parsed.GetValue(world);
    List<SimulatedWorld> worlds = [.. SimulatedWorld.All.Where(one => kind is null || one.Name == kind)];
    if (worlds.Count == 0)
    {
        Console.Error.WriteLine($"There is no world \"{kind}\": quorum and cluster are.");
        return 2;
    }

    string? name = parsed.GetValue(mutant);
    if (name is "list" or "all")
    {
        return worlds.Max(one => name == "list" ? MutantHunt.List(one) : MutantHunt.Run(one, parsed.GetValue(seeds)));
    }

    if (name is not null)
    {
        worlds.RemoveAll(one => !one.Mutants.Any(mutated => mutated.Name == name));
        if (worlds.Count == 0)
        {
            Console.Error.WriteLine($"There is no mutant \"{name}\"; --mutant list names them.");
            return 2;
        }
    }

    return parsed.GetValue(seed) is { } one
        ? OneSeed.Run(worlds[0], (ulong)one, name, parsed.GetValue(trace))
        : worlds.Max(kept => Sweep.Run(kept, (ulong)parsed.GetValue(from), parsed.GetValue(seeds), name));
});

return root.Parse(args).Invoke();
