using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>What a broker says about itself when it starts (C-14.9).</summary>
public sealed record BrokerStart
{
    /// <summary>Its number.</summary>
    public required NodeId Id { get; init; }

    /// <summary>Random per process.</summary>
    public required Guid IncarnationId { get; init; }

    /// <summary>The disk.</summary>
    public required Guid LogDirectoryId { get; init; }

    /// <summary>Where it will be reached.</summary>
    public required ImmutableArray<BrokerEndpoint> Endpoints { get; init; }

    /// <summary>Where it stands; empty is unknown.</summary>
    public string Rack { get; init; } = "";

    /// <summary>What it can do (C-14.9).</summary>
    public ImmutableArray<SupportedFeature> Features { get; init; } = [];

    /// <summary>Broker epoch in its clean-shutdown file; <see cref="BrokerEpoch.None"/> after an unclean stop.</summary>
    public required BrokerEpoch PreviousEpoch { get; init; }

    /// <summary>Partitions whose recovery lost something that was durable once .</summary>
    public ImmutableArray<TopicPartition> SuspectPartitions { get; init; } = [];

    /// <summary>Partitions of which nothing is left there, not even of which topic incarnation they were .</summary>
    public ImmutableArray<LostPartition> LostPartitions { get; init; } = [];
}

/// <summary>A partition by the name of its topic: whichever incarnation it was of, the broker has nothing of it.</summary>
/// <param name="Topic">Topic name.</param>
/// <param name="Partition">Partition number.</param>
public readonly record struct LostPartition(string Topic, int Partition);

/// <summary>Decides registrations and fencing of brokers (C-14.9, R-9.4 to ).</summary>
public static class BrokerControl
{
    /// <summary>
    /// Registers a new incarnation, fenced; the broker epoch will be the offset of the last record. The same
    /// incarnation again changes nothing.
    /// </summary>
    /// <returns>The number of partitions that lost the old incarnation as a member.</returns>
    public static Decision<int> Register(MetadataImage image, BrokerStart start, ControllerSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(start);
        if (image.Brokers.Find(start.Id) is { } known && known.IncarnationId == start.IncarnationId)
        {
            return new Decision<int>([], 0);
        }

        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        TakeOut(image, start, image.Brokers.Find(start.Id), settings, records);

        // the broker's own record comes last, so that every prefix has no fenced broker in an ISR.
        int changed = records.Count;
        records.Add(new MetadataRecord { RegisterBroker = Record(start) });
        return new Decision<int>(records.DrainToImmutable(), changed);
    }

    /// <summary>Lets a registered broker lead and be in ISRs, and elects leaders for partitions without one .</summary>
    /// <returns>An error when this registration is not the current one (STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED).</returns>
    public static Decision<OperationError?> Unfence(MetadataImage image, NodeId id, BrokerEpoch epoch, ControllerSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (Check(image, id, epoch) is { } error)
        {
            return new Decision<OperationError?>([], error);
        }

        BrokerRegistration old = image.Brokers.ById[id];
        if (!old.Fenced)
        {
            return new Decision<OperationError?>([], null);
        }

        var change = ChangeWith(image, old with { Fenced = false }, settings);
        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        records.Add(Change(old, fenced: false, shuttingDown: old.ShuttingDown));
        foreach ((TopicImage topic, PartitionState partition) in image.Topics.OfBroker(id))
        {
            if (partition.Leader == NodeId.None && change.To(topic, partition, partition.Isr) is { } next)
            {
                records.Add(PartitionChange.Record(topic.Id, next));
            }
        }

        return new Decision<OperationError?>(records.DrainToImmutable(), null);
    }

    /// <summary>Takes a broker out of every ISR and leadership .</summary>
    /// <param name="most">Partitions of one decision; when there are more the broker is not fenced yet, and the next call goes on.</param>
    /// <returns>An error when this registration is not the current one.</returns>
    public static Decision<OperationError?> Fence(
        MetadataImage image, NodeId id, BrokerEpoch epoch, int most = int.MaxValue, ControllerSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (Check(image, id, epoch) is { } error)
        {
            return new Decision<OperationError?>([], error);
        }

        BrokerRegistration old = image.Brokers.ById[id];
        if (old.Fenced)
        {
            return new Decision<OperationError?>([], null);
        }

        return new Decision<OperationError?>(Leave(image, old with { Fenced = true }, most, settings), null);
    }

    /// <summary>Begins a controlled shutdown: the broker gives up its leaderships and ISRs, and goes on answering .</summary>
    /// <param name="most">Partitions of one decision; when there are more the shutdown has not begun yet, and the next call goes on.</param>
    /// <returns>An error when this registration is not the current one.</returns>
    public static Decision<OperationError?> BeginShutdown(
        MetadataImage image, NodeId id, BrokerEpoch epoch, int most = int.MaxValue, ControllerSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (Check(image, id, epoch) is { } error)
        {
            return new Decision<OperationError?>([], error);
        }

        BrokerRegistration old = image.Brokers.ById[id];
        return old.IsActive
            ? new Decision<OperationError?>(Leave(image, old with { ShuttingDown = true }, most, settings), null)
            : new Decision<OperationError?>([], null);
    }

    /// <summary>Takes a broker that may no longer lead out of every ISR; its own record comes last .</summary>
    private static ImmutableArray<MetadataRecord> Leave(MetadataImage image, BrokerRegistration after, int most, ControllerSettings? settings)
    {
        Invariant.Check(!after.IsActive && most > 0);
        var change = ChangeWith(image, after, settings);
        ImmutableArray<MetadataRecord>.Builder records = ImmutableArray.CreateBuilder<MetadataRecord>();
        foreach ((TopicImage topic, PartitionState partition) in image.Topics.OfBroker(after.Id))
        {
            if (partition.Isr.Contains(after.Id) && change.To(topic, partition, partition.Isr.Remove(after.Id)) is { } next)
            {
                if (records.Count == most)
                {
                    return records.DrainToImmutable(); // the rest in another decision, and the broker's record with the last (C-14.9)
                }

                records.Add(PartitionChange.Record(topic.Id, next));
            }
        }

        records.Add(Change(after, after.Fenced, after.ShuttingDown));
        return records.DrainToImmutable();
    }

    /// <summary>
    /// The old incarnation leaves every ISR, and after an unclean stop what it may have lost counts. Nobody knows of what disk
    /// a broker was that is not registered any more: it counts as another one.
    /// </summary>
    private static void TakeOut(
        MetadataImage image,
        BrokerStart start,
        BrokerRegistration? old,
        ControllerSettings? settings,
        ImmutableArray<MetadataRecord>.Builder records)
    {
        bool otherDisk = start.LogDirectoryId != old?.LogDirectoryId;
        bool unclean = otherDisk || start.PreviousEpoch != old?.Epoch;
        var suspects = new HashSet<TopicPartition>(start.SuspectPartitions);
        var gone = new HashSet<LostPartition>(start.LostPartitions);
        PartitionChange change = old is null
            ? new PartitionChange(image.Brokers, image.Configs, settings ?? ControllerSettings.Default)
            : ChangeWith(image, old with { Fenced = true }, settings);
        foreach ((TopicImage topic, PartitionState partition) in image.Topics.OfBroker(start.Id))
        {
            bool wiped = otherDisk || gone.Contains(new LostPartition(topic.Name, partition.Partition));
            bool lost = wiped
                || suspects.Contains(new TopicPartition(topic.Id, partition.Partition))
                || (unclean && partition.Flush == Flush.Os);
            if (change.To(topic, partition, partition.Isr.Remove(start.Id), lost ? start.Id : null, wiped) is { } next)
            {
                records.Add(PartitionChange.Record(topic.Id, next));
            }
        }
    }

    /// <summary>What is wrong with a broker's claim to be this registration; null when it is right.</summary>
    internal static OperationError? Check(MetadataImage image, NodeId id, BrokerEpoch epoch) => image.Brokers.Find(id) switch
    {
        null => new OperationError(ErrorCode.BrokerIdNotRegistered, $"Broker {id} is not registered."),
        { } found when found.Epoch != epoch =>
            new OperationError(ErrorCode.StaleBrokerEpoch, $"Broker {id} has started anew since broker epoch {epoch.Value}."),
        _ => null,
    };

    private static PartitionChange ChangeWith(MetadataImage image, BrokerRegistration broker, ControllerSettings? settings) => new(
        new BrokersImage(image.Brokers.ById.SetItem(broker.Id, broker)), image.Configs, settings ?? ControllerSettings.Default);

    private static MetadataRecord Change(BrokerRegistration broker, bool fenced, bool shuttingDown) => new()
    {
        BrokerChange = new BrokerChangeRecord
        {
            BrokerId = broker.Id.Value,
            BrokerEpoch = broker.Epoch.Value,
            Fenced = fenced,
            ShuttingDown = shuttingDown,
        },
    };

    private static RegisterBrokerRecord Record(BrokerStart start) => RecordFields.Record(new BrokerRegistration
    {
        Id = start.Id,
        Epoch = BrokerEpoch.None,
        IncarnationId = start.IncarnationId,
        LogDirectoryId = start.LogDirectoryId,
        Endpoints = start.Endpoints,
        Rack = start.Rack,
        Features = start.Features,
        Fenced = true,
    });
}
