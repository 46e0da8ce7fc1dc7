using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Simulation.Clusters.World;

/// <summary>Creates the topic that everybody writes to, and says what clients believe about it.</summary>
internal sealed class Operator(ClusterWorld world, Prng prng)
{
    public const string Topic = "t";

    /// <summary>Creates the topic, however long that takes.</summary>
    public void Begin() => Create(Topic, () => true);

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
                [TopicConfigKeys.MinInsyncReplicas] = world.Options.MinIsr.ToString(CultureInfo.InvariantCulture),
                ["segment.bytes"] = world.Options.SegmentBytes.ToString(CultureInfo.InvariantCulture),
                ["index.interval.bytes"] = "200",
            }),
        };
        Ask(() => ControllerOperation.Of("create topics", image => TopicControl.Create(image, new ControllerSettings(), [topic], false, prng)), isWanted: isWanted);
    }

    private ImmutableSortedDictionary<int, ImmutableArray<NodeId>> Assignments()
    {
        int brokers = world.Options.Brokers;
        return Enumerable.Range(0, world.Options.Partitions).ToImmutableSortedDictionary(
            partition => partition,
            partition => Enumerable.Range(0, world.Options.ReplicationFactor).Select(i => new NodeId((partition + i) % brokers)).ToImmutableArray());
    }
}
