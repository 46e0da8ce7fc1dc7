using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>Forgets a broker that will not come back (C-14.8). Its replicas should have been moved before; by force, they stay assigned until they are.</summary>
public static class UnregistrationControl
{
    private const int MostNamed = 3;

    /// <summary>
    /// Takes the broker out of every ISR and leadership, then forgets it (R-9.4, R-9.9). What it held is given up for lost:
    /// whoever registers under its number later may have an empty disk, so it is neither eligible nor remembered as the
    /// last known leader (R-9.5).
    /// </summary>
    /// <param name="force">Also when it is a replica of partitions: without it that is refused, since copies would be given up for good.</param>
    /// <returns>BROKER_ID_NOT_REGISTERED, INVALID_REQUEST, or null.</returns>
    public static Decision<OperationError?> Unregister(
        MetadataImage image, NodeId id, bool force = false, ControllerSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (image.Brokers.Find(id) is not { } broker)
        {
            return new Decision<OperationError?>(
                [], new OperationError(ErrorCode.BrokerIdNotRegistered, $"Broker {id} is not registered."));
        }

        if (!force && StillHeld(image, id) is { } held)
        {
            return new Decision<OperationError?>([], held);
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

    private static OperationError? StillHeld(MetadataImage image, NodeId id)
    {
        int count = 0;
        var named = new List<string>(MostNamed);
        foreach ((TopicImage topic, PartitionState partition) in image.Topics.OfBroker(id))
        {
            if (count++ < MostNamed)
            {
                named.Add($"{topic.Name}-{partition.Partition}");
            }
        }

        string more = count > MostNamed ? $" and {count - MostNamed} more" : "";
        return count == 0
            ? null
            : new OperationError(
                ErrorCode.InvalidRequest,
                $"Broker {id} is a replica of {string.Join(", ", named)}{more}: move its partitions first: raftstream broker drain {id}; or --force: its copies are then given up for lost, and a partition with no other one waits for: raftstream partition elect <topic> --unclean");
    }
}
