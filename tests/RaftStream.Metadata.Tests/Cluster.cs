using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Tests;

/// <summary>A metadata log in memory: decides, replays, and checks every image (S-R8, S-R11).</summary>
internal sealed class Cluster
{
    public MetadataImage Image { get; private set; } = MetadataImage.Empty;

    public ControllerSettings Settings { get; set; } = new();

    public Prng Prng { get; } = new(42);

    public List<MetadataRecord> Log { get; } = [];

    /// <summary>The delta of the last commit.</summary>
    public MetadataDelta Delta { get; private set; } = new(MetadataImage.Empty);

    /// <summary>Looks at the image behind every single record too.</summary>
    public bool ChecksPrefixes { get; set; }

    /// <summary>Puts another state in the place of one that was decided: breaks a rule on purpose.</summary>
    public Func<PartitionState, PartitionState, PartitionState?>? Mutate { get; set; }

    public static Cluster WithBrokers(int count)
    {
        var cluster = new Cluster();
        for (int id = 1; id <= count; id++)
        {
            cluster.Start(id);
        }

        return cluster;
    }

    public T Commit<T>(Decision<T> decision)
    {
        MetadataImage before = Image;
        Delta = new MetadataDelta(before);
        foreach (MetadataRecord record in decision.Records.Select(Mutated))
        {
            Delta.Replay(MetadataRecord.Parser.ParseFrom(Google.Protobuf.MessageExtensions.ToByteArray(record)), Log.Count);
            Log.Add(record);
            if (ChecksPrefixes)
            {
                CheckMembers(PrefixOf(before)); // the controller may die behind any record
            }
        }

        Image = Delta.Apply();
        Check(before);
        return decision.Response;
    }

    public BrokerEpoch Start(int id, BrokerEpoch? previous = null, bool unfence = true, Guid? disk = null, string rack = "")
    {
        Commit(BrokerControl.Register(Image, new BrokerStart
        {
            Id = new NodeId(id),
            IncarnationId = Prng.NextGuid(),
            LogDirectoryId = disk ?? new Guid(id, 0, 0, new byte[8]),
            Endpoints = [new BrokerEndpoint("GRPC", "127.0.0.1", 9090)],
            PreviousEpoch = previous ?? BrokerEpoch.None,
            Rack = rack,
        }, Settings));
        BrokerEpoch epoch = Image.Brokers.ById[new NodeId(id)].Epoch;
        if (unfence)
        {
            Unfence(id);
        }

        return epoch;
    }

    public void Unfence(int id) =>
        Assert.Null(Commit(BrokerControl.Unfence(Image, new NodeId(id), Image.Brokers.ById[new NodeId(id)].Epoch, Settings)));

    public void Fence(int id) =>
        Assert.Null(Commit(BrokerControl.Fence(Image, new NodeId(id), Image.Brokers.ById[new NodeId(id)].Epoch, settings: Settings)));

    public TopicOutcome Create(string name, int partitions = 1, int factor = 1, params (string Key, string Value)[] configs) =>
        Create(new NewTopic
        {
            Name = name,
            Partitions = partitions,
            ReplicationFactor = factor,
            Configs = ConfigsImage.NoValues.AddRange(configs.Select(c => KeyValuePair.Create(c.Key, c.Value))),
        });

    public TopicOutcome Create(NewTopic topic, bool validateOnly = false) =>
        Commit(TopicControl.Create(Image, Settings, [topic], validateOnly, Prng)).Single();

    public OperationError? Alter(string topic, params (string Key, string? Value)[] changes) =>
        Alter(ConfigOwner.Topic(topic), changes);

    public OperationError? Alter(ConfigOwner owner, params (string Key, string? Value)[] changes) =>
        Commit(ConfigControl.Alter(
            Image, Settings, [new ConfigAlteration(owner, [.. changes.Select(c => new ConfigChange(c.Key, c.Value))])], validateOnly: false))
            .Single().Error;

    public PartitionState Partition(string topic, int partition = 0) => Image.Topics.Find(topic)!.Partitions[partition];

    /// <summary>Reassigns one partition; null cancels.</summary>
    public OperationError? Reassign(string topic, int partition, int[]? target, bool allowFactorChange = false) => Commit(ReassignmentControl.Alter(
        Image,
        Settings,
        [new Reassignment(new PartitionReference(new TopicReference(topic, TopicId.None), partition), target is null ? null : Nodes(target))],
        allowFactorChange)).Single().Error;

    /// <summary>The leader proposes an ISR as it should: with what the image says.</summary>
    public IsrOutcome Propose(string topic, int partition, params int[] isr)
    {
        TopicImage found = Image.Topics.Find(topic)!;
        PartitionState state = found.Partitions[partition];
        return Commit(IsrControl.Decide(
            Image,
            state.Leader,
            Image.Brokers.ById[state.Leader].Epoch,
            [
                new IsrProposal(
                    new TopicPartition(found.Id, partition),
                    state.LeaderEpoch,
                    state.PartitionEpoch,
                    [.. isr.Select(id => new IsrMember(new NodeId(id), Image.Brokers.Find(new NodeId(id))?.Epoch ?? BrokerEpoch.None))],
                    RecoveryState.Recovered),
            ],
            Settings)).Single();
    }

    /// <summary>Elects the leader of one partition.</summary>
    public OperationError? Elect(ElectionKind kind, string topic, int partition = 0) => Commit(ElectionControl.Elect(
        Image, Settings, kind, [new PartitionReference(new TopicReference(topic, TopicId.None), partition)])).Single().Error;

    /// <summary>Numbers of nodes, for comparisons.</summary>
    public static int[] Ids(ImmutableArray<NodeId> nodes) => [.. nodes.Select(id => id.Value)];

    private MetadataRecord Mutated(MetadataRecord record)
    {
        if (Mutate is null || record.PartitionChange is null)
        {
            return record;
        }

        PartitionState next = PartitionState.FromRecord(record.PartitionChange.State);
        var id = new TopicId(new Guid(record.PartitionChange.State.TopicId.Span, bigEndian: true));
        return PartitionChange.Record(id, Mutate(Image.Topics.Find(id)!.Partitions[next.Partition], next) ?? next);
    }

    private MetadataImage PrefixOf(MetadataImage before)
    {
        var delta = new MetadataDelta(before);
        for (int offset = (int)before.EndOffset; offset < Log.Count; offset++)
        {
            delta.Replay(Log[offset], offset);
        }

        return delta.Apply();
    }

    private static void CheckMembers(MetadataImage image)
    {
        foreach (PartitionState state in image.Topics.InOrder().SelectMany(topic => topic.Partitions))
        {
            Assert.All(state.Isr, id => Assert.True(image.Brokers.IsActive(id), "a fenced broker is in an ISR"));
            Assert.True(state.Leader == NodeId.None || image.Brokers.IsActive(state.Leader), "a leader is not active");
        }
    }

    private void Check(MetadataImage before)
    {
        CheckMembers(Image);
        int partitions = 0;
        foreach (TopicImage topic in Image.Topics.InOrder())
        {
            Assert.Equal(topic.Name, Image.Topics.NamesByCollisionKey[TopicsImage.CollisionKey(topic.Name)]);
            partitions += topic.Partitions.Count;
            for (int i = 0; i < topic.Partitions.Count; i++)
            {
                PartitionState state = topic.Partitions[i];
                Assert.Equal(i, state.Partition);
                state.CheckInvariants();
                if (before.Topics.Find(topic.Id) is { } old && i < old.Partitions.Count)
                {
                    Assert.True(state.LeaderEpoch >= old.Partitions[i].LeaderEpoch);
                    Assert.True(state.PartitionEpoch.Value >= old.Partitions[i].PartitionEpoch.Value);
                }
            }
        }

        foreach (NodeId id in Image.Brokers.ById.Keys)
        {
            IEnumerable<(string, int)> scanned = Image.Topics.InOrder()
                .SelectMany(t => t.Partitions.Where(p => p.Replicas.Contains(id)).Select(p => (t.Name, p.Partition)));
            Assert.Equal(scanned, Image.Topics.OfBroker(id).Select(p => (p.Topic.Name, p.Partition.Partition)));
        }

        Assert.Equal(partitions, Image.Topics.PartitionCount);
        Assert.Equal(Image.Topics.ById.Count, Image.Topics.ByName.Count);
        Assert.Equal(Image.Topics.ById.Count, Image.Topics.NamesByCollisionKey.Count);
    }

    public static ImmutableArray<NodeId> Nodes(params int[] ids) => [.. ids.Select(id => new NodeId(id))];
}
