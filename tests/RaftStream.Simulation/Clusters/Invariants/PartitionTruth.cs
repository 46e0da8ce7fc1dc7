using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>Everything that is known of one partition: what is committed for ever, all replicas, the metadata.</summary>
internal sealed class PartitionTruth(TopicPartition id, string topic)
{
    public TopicPartition Id { get; } = id;

    public string Topic { get; } = topic;

    public string Name { get; } = $"{topic}-{id.Partition}";

    /// <summary>By offset: all below the largest high watermark that any leader ever had.</summary>
    public List<LogEntry> Committed { get; } = [];

    /// <summary>By broker.</summary>
    public SortedDictionary<int, ReplicaShadow> Replicas { get; } = [];

    /// <summary>The committed metadata; null before it is known.</summary>
    public PartitionState? State { get; set; }

    /// <summary>Who leads in an epoch: the broker and its registration then.</summary>
    public Dictionary<int, (NodeId Leader, BrokerEpoch Epoch)> Reigns { get; } = [];

    /// <summary>The topic was deleted: its logs may go in any order.</summary>
    public bool IsDeleted { get; set; }

    /// <summary>Something changed by which members of ISR and ELR are judged.</summary>
    public bool IsDirty { get; set; }

    public ReplicaShadow ReplicaOf(int broker)
    {
        if (!Replicas.TryGetValue(broker, out ReplicaShadow? replica))
        {
            Replicas[broker] = replica = new ReplicaShadow(broker);
        }

        return replica;
    }
}
