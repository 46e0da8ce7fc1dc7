using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;
using RaftStream.Simulation.Quorums.Invariants;

namespace RaftStream.Simulation.Quorums.World;

/// <summary>Clients of the controllers: counters that are raised and read (S-C12, S-C13, X-21), producer ids and brokers (S-C15), topics (L-5).</summary>
/// <remarks>
/// Raising a counter answers its new value, so two answers are never equal, a later one is larger than one that was answered
/// before it was asked for, and a read is at least as new as everything answered before it began.
/// </remarks>
public sealed class Workload(QuorumWorld world, Prng prng)
{
    private const int Counters = 3;
    private const int Topics = 6;

    private static readonly ConfigOwner Owner = ConfigOwner.Topic("counters");
    private static readonly ControllerSettings Settings = new();

    private readonly long[] _answered = new long[Counters];
    private readonly long[] _asked = new long[Counters];
    private readonly HashSet<(int Counter, long Value)> _given = [];
    private readonly HashSet<long> _producerIds = [];
    private bool _isOver;

    /// <summary>Operations that nobody has answered yet, of processes that live.</summary>
    public int Open { get; private set; }

    /// <summary>Operations that were answered with success.</summary>
    public long Succeeded { get; private set; }

    /// <summary>Begins to ask.</summary>
    public void Begin()
    {
        foreach (SimulatedNode node in world.Nodes.Where(node => !node.CanVote))
        {
            new SimulatedBroker(world, node, prng.Fork()).Begin();
        }

        world.Agenda.In(prng.Next(100), Next);
    }

    /// <summary>Asks nothing any more; brokers go on.</summary>
    public void End() => _isOver = true;

    private void Next()
    {
        if (_isOver)
        {
            return;
        }

        // Mostly whoever leads; sometimes somebody who may believe to.
        SimulatedNode node = !prng.OneIn(4) && world.Leader is { } leader ? leader : world.Nodes[prng.Next(world.Nodes.Count)];
        if (node.IsUp)
        {
            switch (prng.Next(16))
            {
                case 0 or 1:
                    Allocate(node);
                    break;
                case 2:
                    ChangeTopics(node, "topic-" + prng.Next(Topics).ToString(CultureInfo.InvariantCulture));
                    break;
                case <= 7:
                    Read(node, prng.Next(Counters));
                    break;
                default:
                    Raise(node, prng.Next(Counters));
                    break;
            }
        }

        world.Agenda.In(1 + prng.Next(60), Next);
    }

    private void Raise(SimulatedNode node, int counter)
    {
        long before = _answered[counter];
        _asked[counter]++;
        int copies = prng.OneIn(10) ? 20 : 1; // many records: several batches in a transaction
        Submit(node, new ControllerOperation("raise", view =>
        {
            string next = (Value(view.Latest, counter) + 1).ToString(CultureInfo.InvariantCulture);
            ImmutableArray<MetadataRecord> records = [.. Enumerable.Repeat(0, copies).Select(_ => Config(counter, next))];
            return new OperationDecision(records, after => Value(after, counter));
        }),
        response =>
        {
            long value = (long)response!;
            Require(_given.Add((counter, value)), "S-C13", $"counter {counter} was raised to {value} twice");
            Require(value > before, "S-C12", $"counter {counter} was raised to {value}, and {before} had been answered before that was asked for");
            _answered[counter] = Math.Max(_answered[counter], value);
        });
    }

    private void Read(SimulatedNode node, int counter)
    {
        long before = _answered[counter];
        Submit(node, new ControllerOperation("read", view => new OperationDecision([], image => Value(image, counter))), response =>
        {
            long value = (long)response!;
            Require(value >= before, "S-C12", $"node {node.Id} reads {value} of counter {counter}, and {before} had been answered before");
            Require(value <= _asked[counter], "S-C13", $"node {node.Id} reads {value} of counter {counter}, which was raised {_asked[counter]} times");
            world.Marks.Reach("read answered");
        });
    }

    private void Allocate(SimulatedNode node) => Submit(
        node,
        ControllerOperation.Of("producer ids", ProducerIdControl.Allocate),
        response => Require(_producerIds.Add((long)response!), "S-C15", $"producer ids from {response} on were given twice"));

    /// <summary>A topic of one replica comes, or goes: its partition has a leader whenever its broker serves (L-5).</summary>
    private void ChangeTopics(SimulatedNode node, string name)
    {
        Prng placement = prng.Fork();
        bool comes = !prng.OneIn(3);
        ControllerOperation operation = comes
            ? ControllerOperation.Of("create topic", image => TopicControl.Create(
                image, Settings, [new NewTopic { Name = name, Partitions = 1, ReplicationFactor = 1 }], validateOnly: false, placement))
            : ControllerOperation.Of("delete topic", image => TopicControl.Delete(image, [new TopicReference(name, TopicId.None)]));
        Submit(node, operation, response =>
        {
            if (((ImmutableArray<TopicOutcome>)response!).Single().Error is null)
            {
                world.Marks.Reach(comes ? "topic created" : "topic deleted");
            }
        });
    }

    private void Submit(SimulatedNode node, ControllerOperation operation, Action<object?> succeeded)
    {
        Open++;
        int incarnation = node.Incarnation;
        bool isAnswered = false;
        node.Submit(operation, (response, error) =>
        {
            Require(!isAnswered && node.Incarnation == incarnation, "L-3", "an operation is answered twice");
            isAnswered = true;
            Open--;
            if (error is null)
            {
                Succeeded++;
                succeeded(response);
            }
        });
        world.Agenda.In(60_000, () =>
        {
            if (!isAnswered && (!node.IsUp || node.Incarnation != incarnation))
            {
                isAnswered = true;
                Open--; // died with its process
            }
        });
    }

    private static long Value(MetadataImage image, int counter) =>
        long.Parse(image.Configs.Of(Owner).GetValueOrDefault("counter" + counter, "0"), CultureInfo.InvariantCulture);

    private static MetadataRecord Config(int counter, string value) => new()
    {
        Config = new ConfigRecord { ResourceType = 1, ResourceName = Owner.Name, Key = "counter" + counter, Value = value },
    };

    private void Require(bool holds, string rule, string what)
    {
        if (!holds)
        {
            throw new RuleBrokenException($"{rule}: {what} (at {world.Agenda.NowMs} ms)");
        }
    }
}
