using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Replays records on top of an image: the only way in which metadata changes, on every node alike.</summary>
/// <remarks>One owner; not thread-safe.</remarks>
public sealed class MetadataDelta(MetadataImage before)
{
    private readonly MetadataImage _before = before;
    private long _endOffset = before.EndOffset;
    private long _nextProducerId = before.NextProducerId;
    private ImmutableSortedDictionary<string, int> _features = before.Features;

    /// <summary>Changes of topics and partitions.</summary>
    public TopicsDelta Topics { get; } = new(before.Topics);

    /// <summary>Changes of configs.</summary>
    public ConfigsDelta Configs { get; } = new(before.Configs);

    /// <summary>Changes of brokers.</summary>
    public BrokersDelta Brokers { get; } = new(before.Brokers);

    /// <summary>Replays the record at <paramref name="offset"/>, which must be the next one (C-9.1).</summary>
    /// <exception cref="UnknownMetadataRecordException">A newer node wrote it: this one must not go on (C-14.8).</exception>
    public void Replay(MetadataRecord record, long offset)
    {
        ArgumentNullException.ThrowIfNull(record);
        Invariant.Check(offset == _endOffset);
        _endOffset = offset + 1;
        switch (record.KindCase)
        {
            case MetadataRecord.KindOneofCase.Topic: Topics.Replay(record.Topic); break;
            case MetadataRecord.KindOneofCase.Partition: Topics.Replay(record.Partition); break;
            case MetadataRecord.KindOneofCase.PartitionChange: Topics.Replay(record.PartitionChange); break;
            case MetadataRecord.KindOneofCase.RemoveTopic: Replay(record.RemoveTopic); break;
            case MetadataRecord.KindOneofCase.Config: Configs.Replay(record.Config); break;
            case MetadataRecord.KindOneofCase.RegisterBroker: Brokers.Replay(record.RegisterBroker, offset); break;
            case MetadataRecord.KindOneofCase.BrokerChange: Brokers.Replay(record.BrokerChange, offset); break;
            case MetadataRecord.KindOneofCase.UnregisterBroker: Brokers.Replay(record.UnregisterBroker); break;
            case MetadataRecord.KindOneofCase.ProducerIds: Replay(record.ProducerIds); break;
            case MetadataRecord.KindOneofCase.Feature: Replay(record.Feature); break;
            case MetadataRecord.KindOneofCase.NoOp:
            case MetadataRecord.KindOneofCase.BeginTransaction: // What they mean is MetadataReplay's affair (C-14.7).
            case MetadataRecord.KindOneofCase.EndTransaction:
            case MetadataRecord.KindOneofCase.AbortTransaction:
                break;
            default: throw new UnknownMetadataRecordException(offset);
        }
    }

    /// <summary>Goes past offsets that hold no records of ours: the quorum's own control records (C-4.2).</summary>
    /// <param name="offset">The next record's offset; never lower than the present one.</param>
    public void SkipTo(long offset)
    {
        Invariant.Check(offset >= _endOffset);
        _endOffset = offset;
    }

    /// <summary>The image with all changes.</summary>
    public MetadataImage Apply() => _before with
    {
        EndOffset = _endOffset,
        Topics = Topics.Apply(),
        Configs = Configs.Apply(),
        Brokers = Brokers.Apply(),
        NextProducerId = _nextProducerId,
        Features = _features,
    };

    private void Replay(RemoveTopicRecord record)
    {
        if (Topics.Replay(record) is { } topic)
        {
            Configs.RemoveTopic(topic.Name);
        }
    }

    private void Replay(ProducerIdsRecord record)
    {
        Invariant.Check(record.NextProducerId > _nextProducerId);
        _nextProducerId = record.NextProducerId;
    }

    private void Replay(FeatureRecord record) => _features = _features.SetItem(record.Name, record.Level);
}

/// <summary>The metadata log holds a record of a kind that this version does not know: it was written by a newer node.</summary>
public sealed class UnknownMetadataRecordException(long offset) : Exception(
    $"The metadata log holds a record of an unknown kind at offset {offset}. A newer version has written it: start that version.")
{
    /// <summary>Where the record is.</summary>
    public long Offset { get; } = offset;
}
