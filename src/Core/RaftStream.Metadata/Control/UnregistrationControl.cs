using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Forgets a broker that will not come back (C-14.8). Its replicas stay assigned until they are moved.</summary>
public static class UnregistrationControl
{
    /// <summary>
    /// Takes the broker out of every ISR and leadership, then forgets it. What it held is given up for lost:
    /// whoever registers under its number later may have an empty disk, so it is neither eligible nor remembered as the
    /// last known leader.
    /// </summary>
    /// <returns>BROKER_ID_NOT_REGISTERED, or null.</returns>
    public static Decision<OperationError?> Unregister(MetadataImage image, NodeId id, ControllerSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (image.Brokers.Find(id) is not { } broker)
        {
            return new Decision<OperationError?>(
                [], new OperationError(ErrorCode.BrokerIdNotRegistered, $"Broker {id} is not registered."));
        }

        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        var change = new PartitionChange(
            new BrokersImage(image.Brokers.ById.Remove(id)), image.Configs, settings ?? ControllerSettings.Default);
        foreach ((TopicImage topic, PartitionState partition) in image.Topics.OfBroker(id))
        {
            if (change.To(topic, partition, partition.Isr.Remove(id), lossy: id, isWiped: true) is { } next)
            {
                records.Add(PartitionChange.Record(topic.Id, next));
            }
        }

        var record = new UnregisterBrokerRecord { BrokerId = id.Value, BrokerEpoch = broker.Epoch.Value };
        records.Add(new MetadataRecord { UnregisterBroker = record });
        return new Decision<OperationError?>(records.DrainToImmutable(), null);
    }
}
