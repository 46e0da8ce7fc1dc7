using System.CommandLine;
using RaftStream.Simulation.Quorums;
using RaftStream.Simulation.Runner;

var seeds = new Option<int>("--seeds") { Description = "How many seeds to live.", DefaultValueFactory = _ => 1_000 };
var from = new Option<long>("--from") { Description = "The first seed of a sweep.", DefaultValueFactory = _ => 0 };
var seed = new Option<long?>("--seed") { Description = "Lives this seed only." };
var mutant = new Option<string?>("--mutant") { Description = "Switches one rule off; \"list\" names them, \"all\" tries each." };
var trace = new Option<bool>("--trace") { Description = "Prints what happens, line by line." };

var root = new RootCommand("Lives of a simulated quorum: seeds in, broken rules out. Exit code 1 when a rule broke.")
{
    seeds, from, seed, mutant, trace,
};
root.SetAction(parsed =>
{
    if (parsed.GetValue(seeds) < 1)
    {
        Console.Error.WriteLine("error: --seeds must be at least 1: a sweep of nothing proves nothing.");
        return 2;
    }

    string? name = parsed.GetValue(mutant);
    if (name == "list")
    {
        return MutantHunt.List();
    }

    if (name == "all")
    {
        return MutantHunt.Run(Mutant.All, parsed.GetValue(seeds));
    }

    Mutant? chosen = name is null ? null : Mutant.Find(name);
    if (name is not null && chosen is null)
    {
        Console.Error.WriteLine($"There is no mutant \"{name}\"; --mutant list names them.");
        return 2;
    }

    return parsed.GetValue(seed) is { } one
        ? OneSeed.Run((ulong)one, chosen, parsed.GetValue(trace))
        : Sweep.Run((ulong)parsed.GetValue(from), parsed.GetValue(seeds), chosen);
});
return root.Parse(args).Invoke();
