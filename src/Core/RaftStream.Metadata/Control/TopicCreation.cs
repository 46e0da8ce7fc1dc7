using System.Collections.Immutable;
using System.Globalization;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Collects the records of one request that creates topics.</summary>
internal sealed class TopicCreation
{
    private readonly MetadataImage _image;
    private readonly ControllerSettings _settings;
    private readonly Prng _prng;
    private readonly HashSet<string> _namedTwice;
    private readonly Dictionary<string, string> _newByCollisionKey = new(StringComparer.Ordinal);
    private readonly ImmutableArray<MetadataRecord>.Builder _records = ImmutableArray.CreateBuilder<MetadataRecord>();
    private readonly HashSet<TopicId> _newIds = [];
    private int _newPartitions;

    public TopicCreation(MetadataImage image, ControllerSettings settings, Prng prng, IReadOnlyList<NewTopic> topics)
    {
        _image = image;
        _settings = settings;
        _prng = prng;
        _namedTwice = [.. topics.GroupBy(t => t.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key)];
    }

    public ImmutableArray<MetadataRecord> TakeRecords() => _records.DrainToImmutable();

    public TopicOutcome Add(NewTopic topic)
    {
        if (topic.Id != TopicId.None && _image.Topics.Find(topic.Id) is { } known && known.Name == topic.Name)
        {
            // Asked for before, and done: the first answer was lost (C-14.4, P32).
            return new TopicOutcome(new TopicReference(known.Name, known.Id), null, known.Partitions.Count, known.Partitions[0].Replicas.Length);
        }

        if (topic.Id != TopicId.None && _image.Topics.Removed.Find(topic.Id) is { } gone && gone.Name == topic.Name)
        {
            // Done as well, and undone by somebody since: once more would be twice, and an id names one topic for ever.
            return new TopicOutcome(new TopicReference(gone.Name, gone.Id), null, gone.Partitions, gone.ReplicationFactor);
        }

        var reference = new TopicReference(topic.Name, TopicId.None);
        OperationError? error = IdError(topic.Id) ?? NameError(topic.Name) ?? ShapeError(topic) ?? ConfigError(topic);
        if (error is not null)
        {
            return new TopicOutcome(reference, error);
        }

        ImmutableArray<ImmutableArray<NodeId>> replicas = Replicas(topic);
        error = SizeError(replicas.Length, topic.Configs.Count + 2);
        if (error is not null)
        {
            return new TopicOutcome(reference, error);
        }

        TopicId id = topic.Id != TopicId.None ? topic.Id : NewId();
        Append(topic, id, replicas);
        return new TopicOutcome(reference with { Id = id }, null, replicas.Length, replicas[0].Length);
    }

    private TopicId NewId()
    {
        TopicId id;
        do
        {
            id = new TopicId(_prng.NextGuid());
        }
        while (IsTaken(id) || !_newIds.Add(id));

        return id;
    }

    private bool IsTaken(TopicId id) => _image.Topics.Find(id) is not null || _image.Topics.Removed.Find(id) is not null;

    private OperationError? IdError(TopicId id) =>
        id != TopicId.None && (IsTaken(id) || !_newIds.Add(id))
            ? new OperationError(ErrorCode.InvalidRequest, $"The topic id {id} belongs to another topic.")
            : null;

    private OperationError? NameError(string name)
    {
        if (TopicName.Problem(name) is { } problem)
        {
            return new OperationError(ErrorCode.InvalidTopicException, problem);
        }

        if (name == TopicControl.MetadataTopic)
        {
            return new OperationError(ErrorCode.InvalidTopicException, $"'{name}' is the cluster's own log.");
        }

        if (_namedTwice.Contains(name))
        {
            return new OperationError(ErrorCode.InvalidRequest, $"Topic '{name}' is named twice in the request.");
        }

        if (_image.Topics.ByName.ContainsKey(name))
        {
            return new OperationError(ErrorCode.TopicAlreadyExists, $"Topic '{name}' already exists.");
        }

        string key = TopicsImage.CollisionKey(name);
        return _image.Topics.NamesByCollisionKey.TryGetValue(key, out string? other) || _newByCollisionKey.TryGetValue(key, out other)
            ? new OperationError(ErrorCode.InvalidTopicException, $"Topic '{name}' collides with '{other}': names must differ in more than '.' and '_'.")
            : null;
    }

    private OperationError? ShapeError(NewTopic topic)
    {
        if (!topic.Assignments.IsEmpty)
        {
            return topic.Partitions != 0 || topic.ReplicationFactor != 0
                ? new OperationError(ErrorCode.InvalidRequest, "Give either assignments or the two numbers, not both.")
                : AssignmentCheck.Error(_image.Brokers, topic.Assignments, firstPartition: 0, factor: null);
        }

        if (topic.Partitions < 0)
        {
            return new OperationError(ErrorCode.InvalidPartitions, "The number of partitions must be above 0, or 0 for the default.");
        }

        int factor = topic.ReplicationFactor == 0 ? _settings.DefaultReplicationFactor : topic.ReplicationFactor;
        if (factor < 1)
        {
            return new OperationError(ErrorCode.InvalidReplicationFactor, "The replication factor must be above 0, or 0 for the default.");
        }

        int brokers = _image.Brokers.ById.Count;
        return factor > brokers
            ? new OperationError(ErrorCode.InvalidReplicationFactor, Text($"Cannot place {factor} replicas: {brokers} brokers are registered."))
            : null;
    }

    private static OperationError? ConfigError(NewTopic topic)
    {
        string[] problems = [.. topic.Configs.Select(c => TopicConfigKeys.Problem(c.Key, c.Value)).OfType<string>()];
        return problems.Length == 0 ? null : new OperationError(ErrorCode.InvalidConfig, string.Join(' ', problems));
    }

    private OperationError? SizeError(int partitions, int otherRecords)
    {
        if (partitions + otherRecords + _records.Count > _settings.MaxRecordsPerOperation)
        {
            return new OperationError(
                ErrorCode.PolicyViolation,
                Text($"The request is too large: it needs more than {_settings.MaxRecordsPerOperation} metadata records. Create fewer partitions at once, then add to them."));
        }

        return _image.Topics.PartitionCount + _newPartitions + partitions > _settings.MaxPartitions
            ? new OperationError(ErrorCode.PolicyViolation, Text($"The cluster would have more than {_settings.MaxPartitions} partitions. Nodes that may open more files (ulimit -n) can hold more."))
            : null;
    }

    private ImmutableArray<ImmutableArray<NodeId>> Replicas(NewTopic topic)
    {
        if (!topic.Assignments.IsEmpty)
        {
            return [.. topic.Assignments.Values];
        }

        int count = topic.Partitions == 0 ? _settings.DefaultPartitions : topic.Partitions;
        int factor = topic.ReplicationFactor == 0 ? _settings.DefaultReplicationFactor : topic.ReplicationFactor;
        return ReplicaPlacement.Place(_image.Brokers, Math.Min(count, _settings.MaxRecordsPerOperation), factor, _prng);
    }

    private void Append(NewTopic topic, TopicId id, ImmutableArray<ImmutableArray<NodeId>> replicas)
    {
        // the flush mode is fixed now, also when it is only a default, since a default may change later.
        ConfigsImage given = new(_image.Configs.ByOwner.SetItem(ConfigOwner.Topic(topic.Name), topic.Configs));
        TopicSettings settings = TopicSettings.Of(given, _settings.StaticTopicConfigs, topic.Name);
        string flush = settings.Flush == Flush.Commit ? TopicConfigKeys.FlushCommit : TopicConfigKeys.FlushOs;

        _records.Add(new MetadataRecord { Topic = new TopicRecord { TopicId = RecordFields.Bytes(id.Value), Name = topic.Name } });
        foreach ((string key, string value) in topic.Configs.SetItem(TopicConfigKeys.Flush, flush))
        {
            _records.Add(ConfigControl.Record(ConfigOwner.Topic(topic.Name), key, value));
        }

        for (int partition = 0; partition < replicas.Length; partition++)
        {
            _records.Add(PartitionCreation.Record(_image.Brokers, id, partition, replicas[partition], settings));
        }

        _newPartitions += replicas.Length;
        _newByCollisionKey.Add(TopicsImage.CollisionKey(topic.Name), topic.Name);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
