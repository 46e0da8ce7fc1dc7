using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Changes of brokers on top of an image. One owner; not thread-safe.</summary>
public sealed class BrokersDelta(BrokersImage before)
{
    private ImmutableSortedDictionary<NodeId, BrokerRegistration> _byId = before.ById;

    /// <summary>Replays a record.</summary>
    /// <param name="offset">The record's offset: it becomes the broker epoch (C-14.9, S-C15).</param>
    public void Replay(RegisterBrokerRecord record, long offset)
    {
        ArgumentNullException.ThrowIfNull(record);
        var epoch = new BrokerEpoch(record.HasSnapshotEpoch ? record.SnapshotEpoch : offset);
        BrokerRegistration registration = RecordFields.Broker(record, epoch);
        Invariant.Check(_byId.GetValueOrDefault(registration.Id) is not { } old || old.Epoch.Value < epoch.Value);
        _byId = _byId.SetItem(registration.Id, registration);
    }

    /// <summary>Replays a record.</summary>
    /// <param name="offset">The record's offset: what comes behind it is what a controlled shutdown waits for, set once (P34).</param>
    public void Replay(BrokerChangeRecord record, long offset)
    {
        ArgumentNullException.ThrowIfNull(record);
        BrokerRegistration registration = Find(record.BrokerId, record.BrokerEpoch);
        long next = record.HasSnapshotShutdownOffset ? record.SnapshotShutdownOffset : offset + 1;
        _byId = _byId.SetItem(registration.Id, registration with
        {
            Fenced = record.Fenced,
            ShuttingDown = record.ShuttingDown,
            ControlledShutdownOffset = record.ShuttingDown ? registration.ControlledShutdownOffset ?? next : null,
        });
    }

    /// <summary>Replays a record.</summary>
    public void Replay(UnregisterBrokerRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        _byId = _byId.Remove(Find(record.BrokerId, record.BrokerEpoch).Id);
    }

    /// <summary>The image with all changes.</summary>
    public BrokersImage Apply() => ReferenceEquals(_byId, before.ById) ? before : new BrokersImage(_byId);

    private BrokerRegistration Find(int id, long epoch)
    {
        BrokerRegistration registration = _byId[new NodeId(id)];
        Invariant.Check(registration.Epoch.Value == epoch);
        return registration;
    }
}
