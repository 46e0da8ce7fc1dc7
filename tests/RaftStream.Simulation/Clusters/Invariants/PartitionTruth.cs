using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Simulation.Clusters.Invariants;

/// <summary>Everything that is known of one partition: what is committed for ever, all replicas, the metadata.</summary>
internal sealed class PartitionTruth(TopicPartition id, string topic)
{
    private readonly HashSet<(long Offset, ulong Content)> _lost = [];

    public TopicPartition Id { get; } = id;

    public string Topic { get; } = topic;

    public string Name { get; } = $"{topic}-{id.Partition}";

    /// <summary>By offset: all below the largest high watermark that any leader ever had, but for what an unclean election gave up.</summary>
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

    /// <summary>Epoch of the last unclean election, where records may be lost; -1 when there was none.</summary>
    public int LastUncleanEpoch { get; private set; } = -1;

    /// <summary>Where the log of the last unclean leader ended when it was elected: flushed or not, that is what counts from then on.</summary>
    public long AcceptedEnd { get; private set; }

    /// <summary>An unclean election: what its winner does not hold is committed no more.</summary>
    /// <returns>How many offsets were given up.</returns>
    public int GiveUp(int epoch, ReplicaShadow winner)
    {
        winner.Match(this);
        int kept = (int)Math.Min(Committed.Count, winner.Matching);
        int lost = Committed.Count - kept;
        for (int offset = kept; offset < Committed.Count; offset++)
        {
            _lost.Add((offset, Committed[offset].Content));
        }

        Committed.RemoveRange(kept, lost);
        (LastUncleanEpoch, AcceptedEnd) = (epoch, winner.End);
        foreach (ReplicaShadow replica in Replicas.Values)
        {
            replica.MatchAnew(kept);
        }

        return lost;
    }

    /// <summary>A leader that does not know of the election took these for committed.</summary>
    public void Lose(long offset, ulong content) => _lost.Add((offset, content));

    /// <summary>It was committed once, and an unclean election has given it up.</summary>
    public bool IsLost(long offset, ulong content) => _lost.Contains((offset, content));

    /// <summary>The replica has read nothing yet of the reigns since the last unclean election, so it may hold what that gave up .</summary>
    public bool MayHoldTheLost(ReplicaShadow replica) =>
        LastUncleanEpoch >= 0 && (replica.End == replica.Start || replica[replica.End - 1].Epoch < LastUncleanEpoch);

    public ReplicaShadow ReplicaOf(int broker)
    {
        if (!Replicas.TryGetValue(broker, out ReplicaShadow? replica))
        {
            Replicas[broker] = replica = new ReplicaShadow(broker);
        }

        return replica;
    }
}
