using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Broker.Admin;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>Creates the topic that everybody writes to, operates the cluster (F-8), and says what clients believe about it.</summary>
internal sealed class Operator(ClusterWorld world, Prng prng)
{
    public const string Topic = "t";
    public const string SecondTopic = "u";

    private readonly ControllerSettings _settings = world.Options.ControllerOptions.Settings;
    private bool _isOver;

    /// <summary>Creates the topic, however long that takes.</summary>
    public void Begin() => Create(Topic, () => true);

    /// <summary>It has asked for leaders at any price .</summary>
    public bool AcceptsLoss { get; private set; }

    /// <summary>From now on only asks for what was begun, and gives every partition a leader once all brokers are back.</summary>
    public void End()
    {
        _isOver = true;
        if (!world.Options.RecoversByLastLeader)
        {
            AcceptLoss();
        }
    }

    /// <summary>Does one of the things that operators do, while everything else goes on.</summary>
    public void Operate()
    {
        if (world.Quorum.Image.Topics.PartitionCount == 0)
        {
            return;
        }

        switch (prng.Next(10))
        {
            case 0 or 1 or 2:
                Reassign();
                break;
            case 3 or 4:
                ChangeMinIsr();
                break;
            case 5 when world.Options.LosesRecords && prng.OneIn(2):
                ElectUncleanly();
                break;
            case 5:
                world.Note("*** preferred leaders");
                Ask(() => ControllerOperation.Of("elect", image => ElectionControl.Elect(image, _settings, ElectionKind.Preferred, null)));
                break;
            case 6 or 7:
                DeleteRecords();
                break;
            case 8:
                CreateSecond();
                break;
            default:
                world.Note($"*** delete {SecondTopic}");
                world.Marks.Reach("topic deleted");
                Ask(() => ControllerOperation.Of("delete topics", image => TopicControl.Delete(image, [new TopicReference(SecondTopic, TopicId.None)])));
                break;
        }
    }

    /// <summary>Creates another topic.</summary>
    public void CreateSecond()
    {
        world.Note($"*** create {SecondTopic}");
        Create(SecondTopic, () => !_isOver);
    }

    /// <summary>R-9.6: somebody decides that any leader is better than none.</summary>
    /// <param name="partitions">Null is all.</param>
    public void ElectUncleanly(IReadOnlyList<PartitionReference>? partitions = null)
    {
        AcceptsLoss = true;
        world.Note("*** elect --unclean");
        Ask(() => ControllerOperation.Of("elect", image => ElectionControl.Elect(image, _settings, ElectionKind.Unclean, partitions)));
    }

    /// <summary>A partition of any topic that is known.</summary>
    public TopicPartition? AnyPartition(Prng random)
    {
        TopicsImage topics = world.Quorum.Image.Topics;
        if (topics.PartitionCount == 0)
        {
            return null;
        }

        TopicImage topic = topics.InOrder().ElementAt(random.Next(topics.ById.Count));
        return new TopicPartition(topic.Id, random.Next(topic.Partitions.Count));
    }

    /// <summary>Who leads, as one of the brokers knows, which may be out of date.</summary>
    public NodeId? LeaderOf(TopicPartition partition, Prng random)
    {
        MetadataImage image = world.Brokers[random.Next(world.Brokers.Count)].Process?.Image ?? world.Quorum.Image;
        NodeId leader = image.Topics.Find(partition.TopicId) is { } topic && partition.Partition < topic.Partitions.Count
            ? topic.Partitions[partition.Partition].Leader
            : NodeId.None;
        return leader == NodeId.None ? null : leader;
    }

    /// <summary>Asks the controller until it answers.</summary>
    public void Ask(Func<ControllerOperation> operation, Action<object?>? answered = null, Func<bool>? isWanted = null)
    {
        bool isDone = false;
        world.Quorum.Ask(ClusterNetwork.Client(99), operation, (response, error, _) =>
        {
            if (!isDone && error is null)
            {
                isDone = true;
                answered?.Invoke(response);
            }
        });
        world.Agenda.In(1_500, () =>
        {
            if (!isDone && isWanted?.Invoke() == true)
            {
                Ask(operation, answered, isWanted);
            }

            isDone = true;
        });
    }

    /// <summary>With the strategy none a partition waits for this (R-9.3 step 3), and with nobody else: who is eligible leads by itself.</summary>
    private void AcceptLoss()
    {
        MetadataImage image = world.Quorum.Image;
        List<PartitionReference> led = [.. image.Topics.InOrder().SelectMany(topic => topic.Partitions
            .Where(state => state.Leader == NodeId.None && state.Isr.IsEmpty && state.Elr.IsEmpty)
            .Select(state => new PartitionReference(new TopicReference(topic.Name, topic.Id), state.Partition)))];
        if (led.Count > 0 && world.Brokers.All(broker => image.Brokers.IsActive(broker.Id)))
        {
            world.Marks.Reach("operator accepts loss");
            ElectUncleanly(led);
        }

        world.Agenda.In(2_000, AcceptLoss);
    }

    private void Create(string name, Func<bool> isWanted)
    {
        if (world.Quorum.Image.Brokers.ById.Count < world.Options.Brokers)
        {
            world.Agenda.In(100, () => Create(name, isWanted));
            return;
        }

        var id = new TopicId(prng.NextGuid());
        NewTopic topic = new()
        {
            Name = name,
            Id = id,
            Assignments = Assignments(),
            Configs = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, string>
            {
                [TopicConfigKeys.Flush] = world.Options.FlushesOnCommit ? TopicConfigKeys.FlushCommit : TopicConfigKeys.FlushOs,
                [TopicConfigKeys.UncleanLeaderElection] = world.Options.ElectsUncleanly ? "true" : "false",
                [TopicConfigKeys.MinInsyncReplicas] = world.Options.MinIsr.ToString(CultureInfo.InvariantCulture),
                [TopicConfigKeys.UncleanRecoveryStrategy] =
                    world.Options.RecoversByLastLeader ? TopicConfigKeys.RecoveryBalanced : TopicConfigKeys.RecoveryNone,
                ["segment.bytes"] = world.Options.SegmentBytes.ToString(CultureInfo.InvariantCulture),
                ["index.interval.bytes"] = "200",
            }),
        };
        Ask(() => ControllerOperation.Of("create topics", image => Creation(image, topic)), Answered, isWanted);

        void Answered(object? outcomes)
        {
            if (outcomes is null && isWanted())
            {
                world.Agenda.In(100, () => Create(name, isWanted));
            }
        }
    }

    /// <summary>Null outcomes and no records when the topic must wait for a broker whose disk was replaced.</summary>
    private Decision<object?> Creation(MetadataImage image, NewTopic topic)
    {
        Decision<ImmutableArray<TopicOutcome>> decision = TopicControl.Create(image, _settings, [topic], false, prng);
        IEnumerable<PartitionState> partitions = decision.Records
            .Where(record => record.Partition is not null)
            .Select(record => PartitionState.FromRecord(record.Partition));
        if (world.Faults.MayCreate(partitions))
        {
            return new Decision<object?>(decision.Records, decision.Response);
        }

        world.Marks.Reach("topic waits for a replaced disk");
        return new Decision<object?>([], null);
    }

    private void Reassign()
    {
        TopicPartition partition = AnyPartition(prng)!.Value;
        TopicImage topic = world.Quorum.Image.Topics.ById[partition.TopicId];
        PartitionState state = topic.Partitions[partition.Partition];
        bool cancels = prng.OneIn(4) || (!state.Adding.IsEmpty && prng.OneIn(2));
        int replicas = prng.OneIn(4) && !world.Options.WipesDisks ? 1 + prng.Next(3) : state.Replicas.Length - state.Adding.Length;
        ImmutableArray<NodeId>? target = cancels ? null : [.. Shuffled().Take(replicas)];
        world.Note($"*** reassign {topic.Name}-{state.Partition} to {(target is { } ids ? string.Join(",", ids) : "what it was")}");
        world.Marks.Reach(cancels ? "reassignment cancelled" : "reassignment begun");
        var reference = new PartitionReference(new TopicReference(topic.Name, topic.Id), state.Partition);
        Ask(() => ControllerOperation.Of(
            "reassign", image => ReassignmentControl.Alter(image, _settings, [new Reassignment(reference, target)], allowFactorChange: true)));
    }

    private IEnumerable<NodeId> Shuffled() =>
        world.Brokers.Select(broker => (broker.Id, Order: prng.NextUInt64())).ToList().OrderBy(pair => pair.Order).Select(pair => pair.Id);

    /// <summary>With flush=os a minimum of one would promise nothing, nor beside disks that are replaced.</summary>
    private void ChangeMinIsr()
    {
        if (!world.Options.FlushesOnCommit || world.Options.WipesDisks)
        {
            return;
        }

        string value = (1 + prng.Next(3)).ToString(CultureInfo.InvariantCulture);
        world.Note($"*** min.insync.replicas {value}");
        world.Marks.Reach("minimum isr changed");
        var alteration = new ConfigAlteration(ConfigOwner.Topic(Topic), [new ConfigChange(TopicConfigKeys.MinInsyncReplicas, value)]);
        Ask(() => ControllerOperation.Of("alter configs", image => ConfigControl.Alter(image, _settings, [alteration], validateOnly: false)));
    }

    private void DeleteRecords()
    {
        TopicPartition partition = AnyPartition(prng)!.Value;
        if (LeaderOf(partition, prng) is not { } leader || world.Brokers[leader.Value].Process is not { } process)
        {
            return;
        }

        process.Do(() =>
        {
            if (process.Table.Find(partition.TopicId)?.Find(partition.Partition) is { } cell)
            {
                long before = prng.OneIn(3) ? RecordDeletion.UpToHighWatermark : prng.Next((int)cell.HighWatermark.Value + 1);
                RecordDeletion.Run(cell, before, timeoutMs: 5_000, deleted =>
                {
                    world.Note($"*** delete records of {cell.Name} on {process.Id} up to {before}: {deleted.Error}");
                    world.Marks.Reach(deleted.Error == ErrorCode.None ? "records deleted" : "records not deleted");
                });
            }
        });
    }

    private ImmutableSortedDictionary<int, ImmutableArray<NodeId>> Assignments()
    {
        int brokers = world.Options.Brokers;
        return Enumerable.Range(0, world.Options.Partitions).ToImmutableSortedDictionary(
            partition => partition,
            partition => Enumerable.Range(0, world.Options.ReplicationFactor).Select(i => new NodeId((partition + i) % brokers)).ToImmutableArray());
    }
}
