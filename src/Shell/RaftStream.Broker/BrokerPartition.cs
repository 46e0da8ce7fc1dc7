using RaftStream.Broker.Partitions;
using RaftStream.Model;

namespace RaftStream.Broker;

/// <summary>A partition of this node that was looked up once and can be used again and again.</summary>
/// <remarks>
/// Stays usable after the topic is deleted or led elsewhere: requests are then answered with the error. Equal when it is
/// the same partition of the same topic incarnation. The default value is no partition.
/// </remarks>
public readonly record struct BrokerPartition
{
    internal BrokerPartition(TopicEntry topic, PartitionCell cell)
    {
        Topic = topic;
        Cell = cell;
    }

    /// <summary>The topic's name.</summary>
    public string TopicName => Topic.Name;

    /// <summary>The topic's name in UTF-8.</summary>
    public ReadOnlySpan<byte> TopicNameUtf8 => Topic.NameUtf8;

    /// <summary>The topic incarnation.</summary>
    public TopicId TopicId => Topic.Id;

    /// <summary>Number within the topic.</summary>
    public int Partition => Cell.Id.Partition;

    /// <summary>True unless it is the default value.</summary>
    public bool Exists => Cell is not null;

    /// <summary>True when this broker leads it now.</summary>
    public bool IsLedHere => Cell.Role.IsLeader;

    internal TopicEntry Topic { get; }

    internal PartitionCell Cell { get; }
}
