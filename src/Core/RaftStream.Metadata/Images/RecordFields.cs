using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.Collections;
using RaftStream.Internal.V1;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Between the records of the log and the named values of the images.</summary>
internal static class RecordFields
{
    public static ByteString Bytes(Guid id) => ByteString.CopyFrom(id.ToByteArray(bigEndian: true));

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
        return new PartitionState
        {
            Partition = record.Partition,
            Replicas = Nodes(record.Replicas),
            Isr = Nodes(record.Isr),
            Elr = Nodes(record.Elr),
            AddingReplicas = Nodes(record.AddingReplicas),
            RemovingReplicas = Nodes(record.RemovingReplicas),
            Leader = new NodeId(record.Leader),
            LeaderEpoch = new LeaderEpoch(record.LeaderEpoch),
            PartitionEpoch = new PartitionEpoch(record.PartitionEpoch),
            MinIsr = record.MinIsr,
            Flush = record.Flush,
            Recovering = record.Recovering,
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
        AddingReplicas = { Numbers(state.AddingReplicas) },
        RemovingReplicas = { Numbers(state.RemovingReplicas) },
        Leader = state.Leader.Value,
        LeaderEpoch = state.LeaderEpoch.Value,
        PartitionEpoch = state.PartitionEpoch.Value,
        MinIsr = state.MinIsr,
        Flush = state.Flush,
        Recovering = state.Recovering,
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
        Fenced = record.Fenced,
    };

    private static ImmutableArray<NodeId> Nodes(RepeatedField<int> numbers) => [.. numbers.Select(n => new NodeId(n))];

    private static IEnumerable<int> Numbers(ImmutableArray<NodeId> nodes) => nodes.Select(n => n.Value);
}
