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

    /// <summary>Epoch of the last unclean election, where records may be lost (R-9.3 step 3, R-9.6); -1 when there was none.</summary>
    public int LastUncleanEpoch { get; private set; } = -1;

    /// <summary>
    /// Where the log of the last winner of an unclean election began: what it had deleted below may have been other records than
    /// those that were committed, and who still has those must let them go, although they were never given up.
    /// </summary>
    public long LastUncleanStart { get; private set; }

    /// <summary>What is committed and still there for sure when this replica leads: what it has not flushed may go before its reign begins.</summary>
    public long HeldBy(ReplicaShadow replica, bool flushesOnCommit)
    {
        replica.Match(this);
        return Math.Min(Math.Min(replica.Matching, replica.EffectiveEnd(flushesOnCommit)), Committed.Count);
    }

    /// <summary>An unclean election: what its winner does not hold is committed no more, and whoever has it must let it go.</summary>
    /// <param name="kept">How much stays committed (<see cref="HeldBy"/>).</param>
    /// <param name="start">Where the winner's log begins.</param>
    public void GiveUp(int epoch, long kept, long start)
    {
        for (int offset = (int)kept; offset < Committed.Count; offset++)
        {
            _lost.Add((offset, Committed[offset].Content));
        }

        Committed.RemoveRange((int)kept, Committed.Count - (int)kept);
        LastUncleanEpoch = epoch;
        LastUncleanStart = start;
        foreach (ReplicaShadow replica in Replicas.Values)
        {
            replica.GiveUp(kept);
        }

        IsDirty = true;
    }

    /// <summary>
    /// What a leader takes for committed is the truth from now on. So is what was given up and the leader has from before: with
    /// the beginning of its reign it has flushed that, and nobody joins it or follows it without that.
    /// A leader that does not know yet that another one was elected without it commits nothing: it is lost.
    /// </summary>
    public void Extend(ReplicaShadow leader, int epoch, long highWatermark)
    {
        if (epoch < LastUncleanEpoch)
        {
            for (long offset = Math.Max(leader.Start, leader.HighWatermark); offset < Math.Min(highWatermark, leader.End); offset++)
            {
                if (offset >= Committed.Count || Committed[(int)offset].Content != leader[offset].Content)
                {
                    _lost.Add((offset, leader[offset].Content));
                }
            }

            return;
        }

        for (int offset = Committed.Count; offset < leader.End && (offset < highWatermark || IsKept(offset, leader[offset])); offset++)
        {
            Committed.Add(leader[offset]);
            _lost.Remove((offset, leader[offset].Content));
            IsDirty = true;
        }
    }

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

    private bool IsKept(long offset, LogEntry entry) => entry.Epoch < LastUncleanEpoch && IsLost(offset, entry.Content);
}
