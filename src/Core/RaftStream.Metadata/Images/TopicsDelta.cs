using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Changes of topics and partitions on top of an image, and what a broker must look at because of them.</summary>
/// <remarks>One owner; not thread-safe. Costs grow with the change, not with the image.</remarks>
public sealed class TopicsDelta(TopicsImage before)
{
    private readonly ImmutableDictionary<TopicId, TopicImage>.Builder _byId = before.ById.ToBuilder();
    private readonly ImmutableSortedDictionary<string, TopicId>.Builder _byName = before.ByName.ToBuilder();
    private readonly ImmutableDictionary<string, string>.Builder _collisions = before.NamesByCollisionKey.ToBuilder();
    private readonly Dictionary<TopicId, ImmutableList<PartitionState>.Builder> _open = [];
    private readonly BrokerIndexDelta _byBroker = new(before.ByBroker);
    private readonly SortedSet<(Guid Topic, int Partition)> _changed = [];
    private readonly List<TopicImage> _removed = [];
    private RemovedTopics _known = before.Removed;
    private int _partitionCount = before.PartitionCount;

    /// <summary>Topics of the image before that are gone, in the order of their removal.</summary>
    public IReadOnlyList<TopicImage> RemovedTopics => _removed;

    /// <summary>Partitions that are new or changed and still there, in order of topic id and number.</summary>
    public IEnumerable<TopicPartition> ChangedPartitions =>
        _changed.Select(p => new TopicPartition(new TopicId(p.Topic), p.Partition)).Where(p => _byId.ContainsKey(p.TopicId));

    /// <summary>Replays a record.</summary>
    public void Replay(TopicRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        TopicId id = RecordFields.TopicId(record.TopicId);
        Invariant.Check(!_byId.ContainsKey(id));
        Invariant.Check(_known.Find(id) is null);
        Invariant.Check(!_byName.ContainsKey(record.Name));
        _byId.Add(id, new TopicImage(id, record.Name, []));
        _byName.Add(record.Name, id);
        _collisions.Add(TopicsImage.CollisionKey(record.Name), record.Name);
    }

    /// <summary>Replays a record.</summary>
    public void Replay(PartitionRecord record)
    {
        PartitionState state = RecordFields.Partition(record, out TopicId id);
        ImmutableList<PartitionState>.Builder partitions = Partitions(id);
        Invariant.Check(state.Partition == partitions.Count);
        state.CheckInvariants();
        partitions.Add(state);
        _byBroker.Assign(id, old: null, state);
        _partitionCount++;
        _changed.Add((id.Value, state.Partition));
    }

    /// <summary>Replays a record.</summary>
    public void Replay(PartitionChangeRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        PartitionState state = RecordFields.Partition(record.State, out TopicId id);
        ImmutableList<PartitionState>.Builder partitions = Partitions(id);
        PartitionState old = partitions[state.Partition];
        Invariant.Check(state.PartitionEpoch.Value == old.PartitionEpoch.Value + 1);
        Invariant.Check(state.LeaderEpoch >= old.LeaderEpoch);
        state.CheckInvariants();
        partitions[state.Partition] = state;
        _byBroker.Assign(id, old, state);
        _changed.Add((id.Value, state.Partition));
    }

    /// <summary>Replays a record; returns the topic that went, or null when a snapshot only tells of it.</summary>
    public TopicImage? Replay(RemoveTopicRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        TopicId id = RecordFields.TopicId(record.TopicId);
        Guid request = record.RequestId.IsEmpty ? Guid.Empty : RecordFields.Guid(record.RequestId);
        if (record.Snapshot is { } gone)
        {
            _known = _known.Add(new RemovedTopic(id, gone.Name, request, gone.Partitions, gone.ReplicationFactor));
            return null;
        }

        Close(id);
        TopicImage topic = _byId[id];
        _byBroker.Remove(topic);
        _byId.Remove(id);
        _byName.Remove(topic.Name);
        _collisions.Remove(TopicsImage.CollisionKey(topic.Name));
        _partitionCount -= topic.Partitions.Count;
        _known = _known.Add(new RemovedTopic(id, topic.Name, request, topic.Partitions.Count, topic.Partitions[0].Replicas.Length));
        if (before.ById.ContainsKey(id))
        {
            _removed.Add(topic);
        }

        return topic;
    }

    /// <summary>The image with all changes.</summary>
    public TopicsImage Apply()
    {
        foreach (TopicId id in _open.Keys.ToList())
        {
            Close(id);
        }

        return new TopicsImage
        {
            ById = _byId.ToImmutable(),
            ByName = _byName.ToImmutable(),
            NamesByCollisionKey = _collisions.ToImmutable(),
            PartitionCount = _partitionCount,
            Removed = _known,
            ByBroker = _byBroker.Apply(),
        };
    }

    private ImmutableList<PartitionState>.Builder Partitions(TopicId id)
    {
        if (!_open.TryGetValue(id, out ImmutableList<PartitionState>.Builder? partitions))
        {
            Invariant.Check(_byId.ContainsKey(id));
            partitions = _byId[id].Partitions.ToBuilder();
            _open.Add(id, partitions);
        }

        return partitions;
    }

    private void Close(TopicId id)
    {
        if (_open.Remove(id, out ImmutableList<PartitionState>.Builder? partitions))
        {
            _byId[id] = _byId[id] with { Partitions = partitions.ToImmutable() };
        }
    }
}
