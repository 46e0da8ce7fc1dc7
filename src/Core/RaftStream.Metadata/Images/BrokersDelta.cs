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
        BrokerRegistration registration = RecordFields.Broker(record, new BrokerEpoch(offset));
        Invariant.Check(_byId.GetValueOrDefault(registration.Id) is not { } old || old.Epoch.Value < offset);
        _byId = _byId.SetItem(registration.Id, registration);
    }

    /// <summary>Replays a record.</summary>
    public void Replay(BrokerChangeRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        BrokerRegistration registration = _byId[new NodeId(record.BrokerId)];
        Invariant.Check(registration.Epoch.Value == record.BrokerEpoch);
        _byId = _byId.SetItem(
            registration.Id, registration with { Fenced = record.Fenced, ShuttingDown = record.ShuttingDown });
    }

    /// <summary>The image with all changes.</summary>
    public BrokersImage Apply() => ReferenceEquals(_byId, before.ById) ? before : new BrokersImage(_byId);
}
