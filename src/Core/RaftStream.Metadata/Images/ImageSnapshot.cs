using RaftStream.Internal.V1;
using RaftStream.Metadata.Control;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>An image as a stream of records and back. Equal images give equal records, in the same order, on every node (S-C7).</summary>
public static class ImageSnapshot
{
    /// <summary>The records of the image, made one by one while they are read.</summary>
    public static IEnumerable<MetadataRecord> Write(MetadataImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Features(image)
            .Concat(image.Brokers.ById.Values.SelectMany(Broker))
            .Concat(image.Topics.Removed.InOrder().Select(Removed))
            .Concat(image.Topics.InOrder().SelectMany(Topic))
            .Concat(Configs(image.Configs))
            .Concat(ProducerIds(image));
    }

    /// <summary>The image that was written.</summary>
    /// <param name="endOffset">End offset of the snapshot's id (C-10.1).</param>
    /// <exception cref="UnknownMetadataRecordException">A newer node wrote it (C-14.8).</exception>
    public static MetadataImage Read(IEnumerable<MetadataRecord> records, long endOffset)
    {
        ArgumentNullException.ThrowIfNull(records);
        var delta = new MetadataDelta(MetadataImage.Empty);
        long place = 0;
        foreach (MetadataRecord record in records)
        {
            delta.Replay(record, place++);
        }

        return delta.Apply() with { EndOffset = endOffset };
    }

    private static IEnumerable<MetadataRecord> Features(MetadataImage image) => image.Features.Select(
        feature => new MetadataRecord { Feature = new FeatureRecord { Name = feature.Key, Level = feature.Value } });

    private static IEnumerable<MetadataRecord> Broker(BrokerRegistration broker)
    {
        RegisterBrokerRecord record = RecordFields.Record(broker);
        record.SnapshotEpoch = broker.Epoch.Value;
        yield return new MetadataRecord { RegisterBroker = record };
        if (broker.ControlledShutdownOffset is { } offset)
        {
            Invariant.Check(broker.ShuttingDown);
            yield return new MetadataRecord
            {
                BrokerChange = new BrokerChangeRecord
                {
                    BrokerId = broker.Id.Value,
                    BrokerEpoch = broker.Epoch.Value,
                    Fenced = broker.Fenced,
                    ShuttingDown = true,
                    SnapshotShutdownOffset = offset,
                },
            };
        }
    }

    private static MetadataRecord Removed(RemovedTopic topic) => new()
    {
        RemoveTopic = new RemoveTopicRecord
        {
            TopicId = RecordFields.Bytes(topic.Id.Value),
            RequestId = RecordFields.RequestId(topic.Request),
            Snapshot = new RemovedTopicShape { Name = topic.Name, Partitions = topic.Partitions, ReplicationFactor = topic.ReplicationFactor },
        },
    };

    private static IEnumerable<MetadataRecord> Topic(TopicImage topic)
    {
        yield return new MetadataRecord { Topic = new TopicRecord { TopicId = RecordFields.Bytes(topic.Id.Value), Name = topic.Name } };
        foreach (PartitionState partition in topic.Partitions)
        {
            yield return new MetadataRecord { Partition = RecordFields.Record(topic.Id, partition) };
        }
    }

    private static IEnumerable<MetadataRecord> Configs(ConfigsImage configs) => configs.ByOwner
        .OrderBy(owner => owner.Key.Scope)
        .ThenBy(owner => owner.Key.Name, StringComparer.Ordinal)
        .SelectMany(owner => owner.Value, (owner, value) => ConfigControl.Record(owner.Key, value.Key, value.Value));

    private static IEnumerable<MetadataRecord> ProducerIds(MetadataImage image)
    {
        if (image.NextProducerId > 0)
        {
            yield return new MetadataRecord { ProducerIds = new ProducerIdsRecord { NextProducerId = image.NextProducerId } };
        }
    }
}
