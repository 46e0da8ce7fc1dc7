using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Model;

namespace RaftStream.Metadata.Images;

/// <summary>Whether the leader of a partition has taken stock after an unclean election .</summary>
public enum RecoveryState
{
    /// <summary>The usual state.</summary>
    Recovered = 0,

    /// <summary>The leader was elected uncleanly and has not said yet that its log is loaded: nobody joins the ISR.</summary>
    Recovering = 1,
}

/// <summary>What the cluster agrees on about one partition .</summary>
public sealed record PartitionState
{
    /// <summary>Number within the topic, from 0.</summary>
    public required int Partition { get; init; }

    /// <summary>Assigned brokers, the preferred leader first.</summary>
    public required ImmutableArray<NodeId> Replicas { get; init; }

    /// <summary>In-sync replicas, the leader included; ordered as <see cref="Replicas"/>.</summary>
    public required ImmutableArray<NodeId> Isr { get; init; }

    /// <summary>Eligible leader replicas: left the ISR while it was smaller than <see cref="MinIsr"/> (KIP-966).</summary>
    public ImmutableArray<NodeId> Elr { get; init; } = [];

    /// <summary>Replicas that a running reassignment adds.</summary>
    public ImmutableArray<NodeId> Adding { get; init; } = [];

    /// <summary>Replicas that a running reassignment removes.</summary>
    public ImmutableArray<NodeId> Removing { get; init; } = [];

    /// <summary>The leader, or <see cref="NodeId.None"/>.</summary>
    public required NodeId Leader { get; init; }

    /// <summary>Bumped by the controller when the leader changes .</summary>
    public required LeaderEpoch LeaderEpoch { get; init; }

    /// <summary>+1 with every record about this partition.</summary>
    public required PartitionEpoch PartitionEpoch { get; init; }

    /// <summary>min(min.insync.replicas, number of replicas), stamped here so that leaders never look it up .</summary>
    public required int MinIsr { get; init; }

    /// <summary>When a replica counts a batch as its own .</summary>
    public required Flush Flush { get; init; }

    /// <summary>Recovering after an unclean election until the leader has loaded its log .</summary>
    public RecoveryState RecoveryState { get; init; }

    /// <summary>Epoch of the last unclean election; -1 is never.</summary>
    public LeaderEpoch LastUncleanEpoch { get; init; } = LeaderEpoch.Unknown;

    /// <summary>The leader before there was none; <see cref="NodeId.None"/> while there is one.</summary>
    public NodeId LastKnownLeader { get; init; } = NodeId.None;

    /// <summary>True until it has its first leader: no replica holds anything yet, so none can lack anything (a later leader has a higher epoch, R-2.2).</summary>
    public bool WasNeverLed => Leader == NodeId.None && LeaderEpoch.Value == 0;

    /// <summary>The state as a record of the log, or of an answer about it.</summary>
    public PartitionRecord ToRecord(TopicId topicId) => RecordFields.Record(topicId, this);

    /// <summary>The state that a record says.</summary>
    public static PartitionState FromRecord(PartitionRecord record) => RecordFields.Partition(record, out _);

    /// <summary>The replicas that there will be once what is under way has ended.</summary>
    public ImmutableArray<NodeId> SettledReplicas => Removing.IsEmpty ? Replicas : Replicas.RemoveRange(Removing);

    /// <summary>Checks what holds for every partition in a committed image (S-R8).</summary>
    public void CheckInvariants()
    {
        Invariant.Check(Partition >= 0);
        Invariant.Check(!Replicas.IsEmpty);
        Invariant.Check(Adding.All(id => Replicas.Contains(id)));
        Invariant.Check(Removing.All(id => Replicas.Contains(id) && !Adding.Contains(id)));
        Invariant.Check(Isr.All(id => Replicas.Contains(id)));
        Invariant.Check(Elr.All(id => Replicas.Contains(id) && !Isr.Contains(id)));
        Invariant.Check(Leader == NodeId.None || Isr.Contains(Leader));
        Invariant.Check(Elr.IsEmpty || Isr.Length < MinIsr);
        Invariant.Check(MinIsr >= 1);
        Invariant.Check(MinIsr <= Replicas.Length);
    }
}
