using RaftStream.Model;
using RaftStream.Raft;
using RaftStream.Simulation.Quorums.Invariants;
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
        bool isWell = world.RunUntil(limit, () => IsWell(world));
        Require(isWell, "L-1 to L-5", () => "not well in time: " + WhatIsWrong(world));
    }

    /// <summary>L-1: no further election; L-3: everything asked is answered.</summary>
    private static void StayWell(QuorumWorld world)
    {
        SimulatedNode leader = world.Leader!;
        LeaderEpoch epoch = leader.Replica!.Node.View.Epoch;
        world.RunUntil(world.Agenda.NowMs + world.Options.QuietMs / 2);
        world.Workload.End();
        world.RunUntil(world.Agenda.NowMs + world.Options.QuietMs / 2);
        Require(world.Leader == leader && leader.Replica!.Node.View.Epoch == epoch, "L-1", () => "another election in quiet times");
        bool isWell = world.RunUntil(world.Agenda.NowMs + 3_000, () => IsWell(world));
        Require(isWell, "L-1 to L-5", () => "no longer well: " + WhatIsWrong(world));
        Require(world.Workload.Open == 0, "L-3", () => $"{world.Workload.Open} operations were never answered");
    }

    private static bool IsWell(QuorumWorld world) => WhatIsWrong(world) is null;

    private static string? WhatIsWrong(QuorumWorld world)
    {
        if (world.Leader is not { Replica: { } replica } leader)
        {
            return "nobody leads";
        }

        if (replica.Controller.ActiveEpoch is null)
        {
            return $"the controller of {leader.Id} is not active";
        }

        Offset highWatermark = replica.Node.View.HighWatermark ?? Offset.Zero;
        foreach (SimulatedNode node in world.Nodes.Where(node => node.Refused is null && node != leader))
        {
            if (node.Replica is not { } other)
            {
                return $"{node.Id} is down";
            }

            RaftView view = other.Node.View;
            if (view.Role != RaftRole.Follower || view.LeaderId.Value != leader.Id)
            {
                return $"{node.Id} is {view.Role} and follows {view.LeaderId}, not {leader.Id}";
            }

            // Two fetch waits behind at most: ten records or so at this rate.
            if (other.Controller.Committed.EndOffset + 100 < highWatermark.Value)
            {
                return $"{node.Id} has applied {other.Controller.Committed.EndOffset} of {highWatermark}";
            }
        }

        return world.Workload.AllBrokersServe(replica.Controller.Committed) ? null : "a broker is fenced";
    }

    private static void Require(bool holds, string rule, Func<string> what)
    {
        if (!holds)
        {
            throw new RuleBrokenException($"{rule}: {what()}");
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
            run it again: scripts/simulate --seed {world.Seed} --trace
            """;
    }

}
