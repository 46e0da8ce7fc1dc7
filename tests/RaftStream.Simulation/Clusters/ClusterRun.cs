using RaftStream.Simulation.Clusters.Liveness;
using RaftStream.Simulation.Clusters.World;
using RaftStream.Simulation.Quorums;
using RaftStream.Simulation.Quorums.Invariants;

namespace RaftStream.Simulation.Clusters;

/// <summary>One seed of a world of brokers: a time with faults, then peace, in which everything must become well (L-5 to L-9).</summary>
public static class ClusterRun
{
    /// <summary>What a sweep of a few hundred seeds must reach.</summary>
    public static readonly IReadOnlyList<string> RequiredMarks =
    [
        "kill", "power loss", "power loss inside a step", "power loss of all", "pause", "storage error", "slow disk", "slow metadata",
        "two-way cut", "one-way cut", "bad weather", "message lost", "message twice", "stream broken", "controller crashed",
        "controller deposed", "metadata lost with its controller", "isr changed", "proposal refused", "log truncated", "fetch diverges",
        "parked fetch woken", "controlled shutdown", "clean stop", "reassignment begun", "reassignment cancelled", "minimum isr changed",
        "records deleted", "topic deleted", "log begun anew", "produce: NotEnoughReplicas", "produce: NotLeaderOrFollower", "produce: RequestTimedOut",
        "disk replaced", "disk full", "unclean election", "committed records lost", "reader sent to a follower", "read from a follower", "follower behind its reader",
        "duplicate known again", "produce: OutOfOrderSequenceNumber", "producer begins its next epoch",
    ];

    /// <summary>Lives the seed to its end, or to the first broken rule.</summary>
    /// <param name="listener">Told of every line of the trace; may be null.</param>
    public static SimulationResult Run(ulong seed, ClusterOptions? options = null, Action<string>? listener = null)
    {
        var world = new ClusterWorld(seed, options ?? OptionsOf(seed));
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

        return new SimulationResult(seed, failure, world.Trace.Hash, world.Events, world.Agenda.NowMs, world.Succeeded, world.Marks);
    }

    /// <summary>Worlds differ: brokers, replicas, flush mode, patience.</summary>
    public static ClusterOptions OptionsOf(ulong seed) => new()
    {
        Brokers = (seed % 4) switch { 0 => 4, 1 => 5, _ => 3 },
        ReplicationFactor = seed % 7 == 0 ? 2 : 3,
        MinIsr = seed % 7 == 0 || seed % 11 == 0 ? 1 : 2,
        FlushesOnCommit = seed % 3 != 2,
        WipesDisks = seed % 5 == 3,
        LosesRecords = seed % 6 >= 4,
        ElectsUncleanly = seed % 6 == 4,
        RecoversByLastLeader = seed / 3 % 2 == 0,
        ReplicaLagMaxMs = (seed % 5) switch { 0 => 800, 1 => 10_000, _ => 3_000 },
    };

    private static void Live(ClusterWorld world)
    {
        world.Quorum.Begin();
        foreach (BrokerMachine broker in world.Brokers)
        {
            broker.Start();
        }

        world.Operator.Begin();
        if (!world.Options.WithoutClients)
        {
            foreach (Producer producer in world.Producers)
            {
                producer.Begin();
            }

            foreach (Consumer consumer in world.Consumers)
            {
                consumer.Begin();
            }
        }

        world.Faults.Begin();
        world.RunUntil(world.Options.FaultyMs);
        world.Faults.End();
        world.Note("*** the faults end");
        Recover(world);
        Finish(world);
    }

    private static void Recover(ClusterWorld world)
    {
        long untilMs = world.Agenda.NowMs + world.Options.RecoveryMs;
        if (!world.RunUntil(untilMs, () => EverythingIsInSync.Wrong(world) is null))
        {
            throw new RuleBrokenException(EverythingIsInSync.Wrong(world)!);
        }
    }

    /// <summary>The clients stop; then everything is committed, and every acknowledged batch is where it was promised to be.</summary>
    private static void Finish(ClusterWorld world)
    {
        world.RunUntil(world.Agenda.NowMs + world.Options.QuietMs);
        foreach (Producer producer in world.Producers)
        {
            producer.End();
        }

        foreach (Consumer consumer in world.Consumers)
        {
            consumer.End();
        }

        long untilMs = world.Agenda.NowMs + world.Options.RecoveryMs; // a disk that was slow may still be at its last flush
        if (!world.RunUntil(untilMs, () => Wrong(world) is null))
        {
            throw new RuleBrokenException(Wrong(world)!);
        }

        AcknowledgedIsRead.Require(world);
    }

    private static string? Wrong(ClusterWorld world) => EverythingIsCommitted.Wrong(world) ?? EverythingIsInSync.Wrong(world);

    private static string Report(ClusterWorld world, Exception exception)
    {
        string message = exception is RuleBrokenException ? exception.Message : exception.ToString();
        return $"""
            seed {world.Seed}, event {world.Events}, {world.Agenda.NowMs} ms: {message}
            {string.Join(Environment.NewLine, world.Describe())}
            last of the trace:
            {string.Join(Environment.NewLine, world.Trace.Last.TakeLast(40))}
            run it again: scripts/simulate --world cluster --seed {world.Seed}{(world.Options.Mutant is { } mutant ? $" --mutant {mutant}" : "")} --trace
            """;
    }
}
