using RaftStream.Model;
using RaftStream.Simulation.Quorums.Invariants;
using RaftStream.Simulation.Quorums.Liveness;
using RaftStream.Simulation.Quorums.World;

namespace RaftStream.Simulation.Quorums;

/// <summary>What one life of a world gave.</summary>
/// <param name="Failure">Null when every rule held.</param>
public sealed record SimulationResult(ulong Seed, string? Failure, ulong TraceHash, long Events, long VirtualMs, long Operations, Marks Marks);

/// <summary>One seed: a time with faults, then peace, in which everything must become and stay well (L-1 to L-5).</summary>
public static class SimulationRun
{
    private const long SettleMs = 6_000;

    /// <summary>Lives the seed to its end, or to the first broken rule.</summary>
    /// <param name="listener">Told of every line of the trace; may be null.</param>
    public static SimulationResult Run(ulong seed, WorldOptions? options = null, Action<string>? listener = null)
    {
        var world = new QuorumWorld(seed, options ?? OptionsOf(seed));
        world.Trace.Listener = listener;
        string? failure = null;
        try
        {
            Live(world);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            failure = Report(world, exception);
        }

        return new SimulationResult(seed, failure, world.Trace.Hash, world.Events, world.Agenda.NowMs, world.Workload.Succeeded, world.Marks);
    }

    /// <summary>Worlds differ: one, three or five voters, with and without spare nodes.</summary>
    public static WorldOptions OptionsOf(ulong seed) => new()
    {
        Voters = (seed % 8) switch { 0 => 1, 1 => 2, 2 or 3 => 5, _ => 3 },
        Spares = seed % 3 == 0 ? 0 : 1,
        Brokers = seed % 5 == 0 ? 1 : 2,
    };

    private static void Live(QuorumWorld world)
    {
        foreach (SimulatedNode node in world.Nodes)
        {
            node.Start();
        }

        world.Workload.Begin();
        world.Faults.Begin();
        world.RunUntil(world.Options.FaultyMs);
        world.Faults.End();
        world.Trace.Add(world.Agenda.NowMs, "*** the faults end");
        Recover(world);
        StayWell(world);
    }

    private static void Recover(QuorumWorld world)
    {
        // Timers that ran out during the faults may still cause an election.
        world.RunUntil(world.Agenda.NowMs + SettleMs);
        long limit = world.Agenda.NowMs + world.Options.RecoveryMs - SettleMs;
        BecomeWell(world, limit, "not well in time");
    }

    private static void StayWell(QuorumWorld world)
    {
        SimulatedNode leader = world.Leader!;
        LeaderEpoch epoch = leader.Replica!.Node.View.Epoch;
        world.RunUntil(world.Agenda.NowMs + world.Options.QuietMs / 2);
        world.Workload.End();
        world.RunUntil(world.Agenda.NowMs + world.Options.QuietMs / 2);
        Require(OneLeader.Changed(world, leader, epoch));
        BecomeWell(world, world.Agenda.NowMs + 3_000, "no longer well");
        Require(EverythingIsAnswered.Wrong(world));
    }

    private static void BecomeWell(QuorumWorld world, long untilMs, string otherwise)
    {
        if (!world.RunUntil(untilMs, () => Wrong(world) is null))
        {
            throw new RuleBrokenException($"{otherwise}: {Wrong(world)}");
        }
    }

    /// <summary>What must be so at any quiet moment; null, or the first thing that is not.</summary>
    private static string? Wrong(QuorumWorld world) =>
        OneLeader.Wrong(world) ?? NobodyIsLost.Wrong(world) ?? EverybodyKeepsUp.Wrong(world) ?? EveryPartitionIsLed.Wrong(world);

    private static void Require(string? wrong)
    {
        if (wrong is not null)
        {
            throw new RuleBrokenException(wrong);
        }
    }

    private static string Report(QuorumWorld world, Exception exception)
    {
        string message = exception is RuleBrokenException ? exception.Message : exception.ToString();
        IEnumerable<string> nodes = world.Nodes.Select(node => node.ToString());
        return $"""
            seed {world.Seed}, event {world.Events}, {world.Agenda.NowMs} ms: {message}
            {string.Join(Environment.NewLine, nodes)}
            last of the trace:
            {string.Join(Environment.NewLine, world.Trace.Last.TakeLast(40))}
            run it again: scripts/simulate --seed {world.Seed}{(world.Options.Mutant is { } mutant ? $" --mutant {mutant}" : "")} --trace
            """;
    }
}
