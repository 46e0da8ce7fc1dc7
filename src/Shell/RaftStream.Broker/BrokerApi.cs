using RaftStream.Broker.Admin;
using RaftStream.Broker.Fetching;
using RaftStream.Broker.Partitions;
using RaftStream.Broker.Producing;
using RaftStream.Metadata;
using RaftStream.Metadata.Control;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Broker;

/// <summary>Everything that a door can ask of a running broker. Thread-safe.</summary>
public sealed class BrokerApi
{
    private readonly PartitionTable _table;
    private readonly BatchProducer _producer;
    private readonly PartitionServices _services;
    private readonly ProducerIdPool _producerIds;

    internal BrokerApi(
        Guid clusterId, BrokerOptions options, PartitionTable table, PartitionServices services, BrokerAdmin admin, ProducerIdPool producerIds)
    {
        _producerIds = producerIds;
        ClusterId = clusterId;
        Options = options;
        Admin = admin;
        _table = table;
        _services = services;
        _producer = new BatchProducer(options.Limits, services);
    }

    /// <summary>The cluster.</summary>
    public Guid ClusterId { get; }

    /// <summary>This node.</summary>
    public NodeId NodeId => Options.NodeId;

    /// <summary>How it is set up.</summary>
    public BrokerOptions Options { get; }

    /// <summary>What one request may ask.</summary>
    public BrokerLimits Limits => Options.Limits;

    /// <summary>Topics, configs and logs.</summary>
    public BrokerAdmin Admin { get; }

    /// <summary>The committed metadata, applied here.</summary>
    public MetadataImage Image => Admin.Image;

    /// <summary>Wall time as the broker sees it, milliseconds since 1970-01-01 UTC.</summary>
    public long WallMs => _services.WallMs;

    /// <summary>Finds a partition by topic name, id or both, without allocating.</summary>
    /// <param name="nameUtf8">Empty is "by id".</param>
    /// <param name="id"><see cref="TopicId.None"/> is "by name".</param>
    /// <param name="error">Why it was not found, for the client.</param>
    public bool TryFind(
        ReadOnlySpan<byte> nameUtf8, TopicId id, int partition, out BrokerPartition found, out OperationError? error)
    {
        TopicEntry? topic = id == TopicId.None ? _table.Find(nameUtf8) : _table.Find(id);
        if (topic?.Find(partition) is { } cell && (nameUtf8.IsEmpty || nameUtf8.SequenceEqual(topic.NameUtf8)))
        {
            found = new BrokerPartition(topic, cell);
            error = null;
            return true;
        }

        found = default;
        error = WhyNotFound(System.Text.Encoding.UTF8.GetString(nameUtf8), id, partition);
        return false;
    }

    /// <summary>The partitions of a topic, on whichever broker, for a broker that chooses one; 0 when there is no such topic.</summary>
    public int PartitionCount(ReadOnlySpan<byte> nameUtf8, TopicId id) => TopicOf(nameUtf8, id)?.Partitions.Count ?? 0;

    /// <summary>The broker that leads a partition according to the metadata applied here; null when there is none, or no such partition.</summary>
    /// <param name="found">The partition and the leader's epoch, when there is such a partition.</param>
    public BrokerRegistration? FindLeader(
        ReadOnlySpan<byte> nameUtf8, TopicId id, int partition, out (TopicPartition Partition, LeaderEpoch Epoch) found)
    {
        found = default;
        if (TopicOf(nameUtf8, id) is not { } topic || (uint)partition >= (uint)topic.Partitions.Count)
        {
            return null;
        }

        PartitionState state = topic.Partitions[partition];
        found = (new TopicPartition(topic.Id, partition), state.LeaderEpoch);
        return Image.Brokers.Find(state.Leader);
    }

    /// <summary>The follower that a consumer in <paramref name="rack"/> had better read from; <see cref="NodeId.None"/> is this leader .</summary>
    public NodeId FindReadReplica(BrokerPartition partition, string rack, Offset offset) =>
        Options.ReplicaSelector == ReplicaSelector.Rack && rack != Options.Rack
            ? ReadReplicas.Choose(partition.Cell, Image.Brokers, rack, offset)
            : NodeId.None;

    /// <summary>True when this broker, as a follower, may serve consumers in <paramref name="rack"/> (R-11.6).</summary>
    public bool ServesAsFollower(BrokerPartition partition, string rack) =>
        Options.ReplicaSelector == ReplicaSelector.Rack && rack.Length > 0 && rack == Options.Rack
        && ReadReplicas.MayServe(partition.Cell.Role, Image.Brokers, NodeId);

    /// <summary>Completes when everything of the metadata log below <paramref name="end"/> is applied here.</summary>
    public Task WaitForMetadataAsync(long end, CancellationToken cancellationToken) => Admin.WaitAppliedAsync(end, cancellationToken);

    /// <summary>Appends a batch; the command's sink hears of the outcome exactly once.</summary>
    /// <returns>Completes when the batch's memory is free again; the acknowledgement may come earlier or later.</returns>
    public ValueTask ProduceAsync(in ProduceCommand command) => _producer.ProduceAsync(command);

    /// <summary>An identity for a new idempotent producer: its id was never given before (G-3.1).</summary>
    public Task<ProducerIdentity> InitProducerIdAsync(CancellationToken cancellationToken) => _producerIds.NextAsync(cancellationToken);

    /// <summary>The idempotent producers that a partition knows; only its leader says (KIP-664).</summary>
#pragma warning disable CA1822 // Part of the same service as its neighbours.
    public Task<DescribedProducers> DescribeProducersAsync(BrokerPartition partition) => partition.Cell.DescribeProducersAsync();
#pragma warning restore CA1822

    /// <summary>A fetch; reuse it, one at a time.</summary>
    public FetchSession NewFetch() => new(Limits, Admin.Configs, _services.Timers, _services.Metrics);

    /// <summary>A consumer that reads on and on.</summary>
    /// <param name="maxBytes">Most bytes of one read; 0 is the default.</param>
    public ConsumeSession NewConsume(int maxBytes) => new(
        _services.Timers,
        _services.Metrics,
        maxBytes <= 0 ? Limits.DefaultConsumeBytes : Math.Min(maxBytes, Limits.MaxConsumeBytes));

    /// <summary>Finds an offset by time: milliseconds since 1970, or -1 latest, -2 earliest, -3 the record with the largest timestamp.</summary>
    /// <param name="currentLeaderEpoch"><see cref="LeaderEpoch.Unknown"/> is "do not check".</param>
    /// <remarks>May read the disk.</remarks>
#pragma warning disable CA1822 // Part of the same service as its neighbours.
    public FoundOffset FindOffset(BrokerPartition partition, long timestampMs, LeaderEpoch currentLeaderEpoch) =>
        OffsetFinder.Find(partition.Cell, timestampMs, currentLeaderEpoch);
#pragma warning restore CA1822

    /// <summary>Finds where a reign ends in a partition's log (KIP-320); not cut to the high watermark .</summary>
    /// <param name="epoch">The reign asked about.</param>
    /// <param name="currentLeaderEpoch"><see cref="LeaderEpoch.Unknown"/> is "do not check".</param>
#pragma warning disable CA1822 // Part of the same service as its neighbours.
    public FoundEpochEnd FindEpochEnd(BrokerPartition partition, LeaderEpoch epoch, LeaderEpoch currentLeaderEpoch) =>
        EpochEndFinder.Find(partition.Cell, epoch, currentLeaderEpoch);
#pragma warning restore CA1822

    /// <summary>Milliseconds of the monotonic clock, for durations.</summary>
    internal long NowMs => _services.Timers.NowMs;

    private TopicImage? TopicOf(ReadOnlySpan<byte> nameUtf8, TopicId id) =>
        (id == TopicId.None ? _table.Find(nameUtf8) : _table.Find(id)) is { } entry ? Image.Topics.Find(entry.Id) : null;

    private OperationError WhyNotFound(string name, TopicId id, int partition)
    {
        if (name == TopicControl.MetadataTopic)
        {
            return new OperationError(ErrorCode.InvalidTopicException, $"'{name}' is the cluster's own log: clients may not use it.");
        }

        (TopicImage? topic, OperationError? error) = new TopicReference(name, id).Resolve(Image.Topics);
        if (topic is null)
        {
            return error!;
        }

        if ((uint)partition >= (uint)topic.Partitions.Count)
        {
            return new OperationError(
                ErrorCode.UnknownTopicOrPartition, $"Topic '{topic.Name}' has {topic.Partitions.Count} partitions, counted from 0; there is no partition {partition}.");
        }

        NodeId leader = topic.Partitions[partition].Leader;
        return leader == NodeId.None
            ? new OperationError(ErrorCode.LeaderNotAvailable, LeaderlessPartition.Explain(topic.Name, topic.Partitions[partition], Image.Brokers))
            : new OperationError(ErrorCode.NotLeaderOrFollower, $"Broker {leader} leads partition {partition} of '{topic.Name}'.");
    }
}
