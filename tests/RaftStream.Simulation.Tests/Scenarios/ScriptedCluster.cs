using RaftStream.Broker.Partitions;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Replication;
using RaftStream.Simulation.Clusters;
using RaftStream.Simulation.Clusters.World;
using RaftStream.Simulation.Quorums.Invariants;

namespace RaftStream.Simulation.Tests.Scenarios;

/// <summary>A cluster with one partition in which only happens what a test says; every invariant is checked all the while.</summary>
internal sealed class ScriptedCluster
{
    private int _lastValue;

    public ScriptedCluster(string? mutant = null, ulong seed = 1, Func<ClusterOptions, ClusterOptions>? configure = null)
    {
        var options = new ClusterOptions { Partitions = 1, Clients = 0, WithoutFaults = true, ReplicaFetchBytes = 100_000 };
        options = configure?.Invoke(options) ?? options;
        if (mutant is not null)
        {
            options = ClusterMutant.Find(mutant)!.Apply(options);
        }

        World = new ClusterWorld(seed, options);
        World.Quorum.Begin();
        foreach (BrokerMachine broker in World.Brokers)
        {
            broker.Start();
        }

        World.Operator.Begin();
        Until(() => World.Quorum.Image.Topics.PartitionCount > 0);
        Until(() => State.Isr.Length == State.Replicas.Length && Leader.Process?.Table.Cells.SingleOrDefault()?.Role.IsLeader == true);
        Run(500);
    }

    public ClusterWorld World { get; }

    public TopicImage Topic => World.Quorum.Image.Topics.Find(Operator.Topic)!;

    /// <summary>What the controller has committed.</summary>
    public PartitionState State => Topic.Partitions[0];

    public TopicPartition Partition => new(Topic.Id, 0);

    public BrokerMachine Leader => World.Brokers[State.Leader.Value];

    public BrokerMachine this[int broker] => World.Brokers[broker];

    /// <summary>The replicas that do not lead.</summary>
    public List<BrokerMachine> Followers => [.. State.Replicas.Where(id => id != State.Leader).Select(id => World.Brokers[id.Value])];

    /// <summary>Runs a scenario; the rule that broke, or null.</summary>
    public static string? Broken(Action scenario)
    {
        try
        {
            scenario();
            return null;
        }
        catch (RuleBrokenException exception)
        {
            return exception.Message;
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message; // a process stopped by itself
        }
    }

    public static PartitionCell Cell(BrokerMachine broker) => broker.Process!.Table.Cells.Single(cell => cell.Log.Topic == Operator.Topic);

    public void Run(long ms) => World.RunUntil(World.Agenda.NowMs + ms);

    public void Until(Func<bool> condition, long limitMs = 60_000)
    {
        if (!World.RunUntil(World.Agenda.NowMs + limitMs, condition))
        {
            Assert.Fail("It did not happen in time: " + string.Join("\n", World.Describe()) + "\n" + string.Join("\n", World.Trace.Last.TakeLast(30)));
        }
    }

    /// <summary>The broker leads, by the controller's word and its own.</summary>
    public void UntilLeads(BrokerMachine broker) => Until(() =>
        State.Leader == broker.Id && broker.Process?.Table.Cells.Any(cell => cell.Role.IsLeader && cell.Role.LeaderEpoch == State.LeaderEpoch) == true);

    public void UntilInSync() => Until(() => State.Leader != NodeId.None && State.Isr.Length == State.Replicas.Length && State.Adding.IsEmpty && State.Removing.IsEmpty);

    /// <summary>Sends a batch to a broker, whoever leads; the outcome is filled in when there is one.</summary>
    public Written Write(BrokerMachine broker, RequiredAcks acks = RequiredAcks.All, int timeoutMs = 30_000)
    {
        using var builder = new RecordBatchBuilder();
        byte[] value = new byte[4 + (_lastValue++ % 5 * 13)]; // of different sizes, so that no two logs have the same borders by chance
        BitConverter.TryWriteBytes(value, _lastValue);
        builder.TryAppend(1_000, default, value);
        byte[] batch = builder.Build().ToArray();
        var written = new Written();
        broker.Process!.Produce(Partition, batch, acks, timeoutMs, new Producer.Call(World, Partition, Producer.ContentOf(batch), acks, written.Take));
        return written;
    }

    public Offset WriteAndWait()
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            if (State.Leader != NodeId.None && Leader is { IsUp: true, IsPaused: false })
            {
                Written written = Write(Leader, timeoutMs: 2_000);
                World.RunUntil(World.Agenda.NowMs + 2_500, () => written.Error is not null);
                if (written.Error == ErrorCode.None)
                {
                    return written.Offset;
                }
            }

            Run(50);
        }

        Assert.Fail("nobody took it: " + string.Join("\n", World.Describe()));
        return default;
    }

    /// <summary>Nothing passes between these brokers and all other brokers.</summary>
    public void Cut(BrokerMachine broker, params IEnumerable<BrokerMachine> others)
    {
        foreach (BrokerMachine other in others)
        {
            World.Network.Cut(broker.Id.Value, other.Id.Value);
            World.Network.Cut(other.Id.Value, broker.Id.Value);
        }
    }

    /// <summary>Nothing passes between this broker and the controllers.</summary>
    public void CutFromControllers(BrokerMachine broker)
    {
        for (int i = 0; i < World.Options.Controllers; i++)
        {
            World.Network.Cut(broker.Id.Value, ClusterNetwork.Controller(i));
            World.Network.Cut(ClusterNetwork.Controller(i), broker.Id.Value);
        }
    }

    /// <summary>Alone: clients still reach it.</summary>
    public void Isolate(BrokerMachine broker)
    {
        Cut(broker, World.Brokers.Where(other => other != broker));
        CutFromControllers(broker);
    }

    public void Join() => World.Network.Join();

    /// <summary>Asks the controller, past the network.</summary>
    public T Ask<T>(ControllerOperation operation)
    {
        object? answer = null;
        World.Quorum.Leader!.Submit(operation, (response, _, _) => answer = response);
        Until(() => answer is not null);
        return (T)answer!;
    }

    /// <summary>A proposal as this leader would send it now, which the network may deliver whenever it likes.</summary>
    public Func<IsrOutcome> Proposal(params IEnumerable<BrokerMachine> isr)
    {
        BrokerMachine leader = Leader;
        BrokerEpoch epoch = leader.Process!.Epoch;
        var proposal = new IsrProposal(
            Partition, State.LeaderEpoch, State.PartitionEpoch, [.. isr.Select(broker => new IsrMember(broker.Id, broker.Process!.Epoch))], RecoveryState.Recovered);
        return () => Ask<IReadOnlyList<IsrOutcome>>(IsrControl.Alter(leader.Id, epoch, [proposal]))[0];
    }

    /// <summary>Everything is well again, and everything acknowledged is there.</summary>
    public void EndWell()
    {
        Join();
        foreach (BrokerMachine broker in World.Brokers)
        {
            broker.Mend();
            broker.Resume();
            broker.Start();
        }

        UntilInSync();
        WriteAndWait();
        Until(() => World.Brokers.All(broker => broker.IsUp && broker.Process!.Table.Cells.All(cell => cell.HighWatermark == cell.Log.LogEndOffset)));
        Clusters.Liveness.AcknowledgedIsRead.Require(World);
    }
}

/// <summary>What became of a produce request, once it is known.</summary>
internal sealed class Written
{
    public ErrorCode? Error { get; private set; }

    public Offset Offset { get; private set; }

    public void Take(ErrorCode error, Offset offset) => (Error, Offset) = (error, offset);
}
