using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Google.Protobuf.Collections;
using RaftStream.Internal.V1;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Between the records of the log and the named values of the images.</summary>
internal static class RecordFields
{
    public static ByteString Bytes(Guid id) => ByteString.CopyFrom(id.ToByteArray(bigEndian: true));

    /// <summary>Empty for none.</summary>
    public static ByteString RequestId(Guid id) => id == System.Guid.Empty ? ByteString.Empty : Bytes(id);

    public static Guid Guid(ByteString bytes)
    {
        Invariant.Check(bytes.Length == 16);
        return new Guid(bytes.Span, bigEndian: true);
    }

    public static TopicId TopicId(ByteString bytes) => new(Guid(bytes));

    public static PartitionState Partition(PartitionRecord record, out TopicId topicId)
    {
        ArgumentNullException.ThrowIfNull(record);
        topicId = TopicId(record.TopicId);
        ImmutableArray<NodeId> replicas = Nodes(record.Replicas);
        return new PartitionState
        {
            Partition = record.Partition,
            Replicas = replicas,
            Isr = record.Isr.Equals(record.Replicas) ? replicas : Nodes(record.Isr), // mostly all: one array for both
            Elr = Nodes(record.Elr),
            Adding = Nodes(record.AddingReplicas),
            Removing = Nodes(record.RemovingReplicas),
            Leader = new NodeId(record.Leader),
            LeaderEpoch = new LeaderEpoch(record.LeaderEpoch),
            PartitionEpoch = new PartitionEpoch(record.PartitionEpoch),
            MinIsr = record.MinIsr,
            Flush = record.Flush,
            RecoveryState = record.Recovering ? RecoveryState.Recovering : RecoveryState.Recovered,
            LastUncleanEpoch = new LeaderEpoch(record.LastUncleanEpoch),
            LastKnownLeader = new NodeId(record.LastKnownLeader),
        };
    }

    public static PartitionRecord Record(TopicId topicId, PartitionState state) => new()
    {
        TopicId = Bytes(topicId.Value),
        Partition = state.Partition,
        Replicas = { Numbers(state.Replicas) },
        Isr = { Numbers(state.Isr) },
        Elr = { Numbers(state.Elr) },
        AddingReplicas = { Numbers(state.Adding) },
        RemovingReplicas = { Numbers(state.Removing) },
        Leader = state.Leader.Value,
        LeaderEpoch = state.LeaderEpoch.Value,
        PartitionEpoch = state.PartitionEpoch.Value,
        MinIsr = state.MinIsr,
        Flush = state.Flush,
        Recovering = state.RecoveryState == RecoveryState.Recovering,
        LastUncleanEpoch = state.LastUncleanEpoch.Value,
        LastKnownLeader = state.LastKnownLeader.Value,
    };

    public static BrokerRegistration Broker(RegisterBrokerRecord record, BrokerEpoch epoch) => new()
    {
        Id = new NodeId(record.BrokerId),
        Epoch = epoch,
        IncarnationId = Guid(record.IncarnationId),
        LogDirectoryId = Guid(record.LogDirId),
        Endpoints = [.. record.Endpoints.Select(e => new BrokerEndpoint(e.Protocol, e.Host, e.Port))],
        Rack = record.Rack,
        Features = [.. record.Features.Select(f => new SupportedFeature(f.Name, f.MinLevel, f.MaxLevel))],
        Fenced = record.Fenced,
    };

    public static RegisterBrokerRecord Record(BrokerRegistration broker) => new()
    {
        BrokerId = broker.Id.Value,
        IncarnationId = Bytes(broker.IncarnationId),
        LogDirId = Bytes(broker.LogDirectoryId),
        Endpoints =
        {
            broker.Endpoints.Select(e => new Endpoint { Protocol = e.Protocol, Host = e.Host, Port = e.Port }),
        },
        Rack = broker.Rack,
        Fenced = broker.Fenced,
        Features =
        {
            broker.Features.Select(f => new FeatureRange { Name = f.Name, MinLevel = f.MinLevel, MaxLevel = f.MaxLevel }),
        },
    };

    private static ImmutableArray<NodeId> Nodes(RepeatedField<int> numbers)
    {
        if (numbers.Count == 0)
        {
            return [];
        }

        var nodes = new NodeId[numbers.Count];
        for (int i = 0; i < nodes.Length; i++)
        {
            nodes[i] = new NodeId(numbers[i]);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(nodes);
    }

    private static IEnumerable<int> Numbers(ImmutableArray<NodeId> nodes) => nodes.Select(n => n.Value);
}
