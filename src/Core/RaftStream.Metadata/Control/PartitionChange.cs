using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>The one place where a partition gets a new ISR, ELR, leader, replicas and epochs .</summary>
public sealed class PartitionChange
{
    private readonly LeaderElection _election;
    private readonly ConfigsImage _configs;
    private readonly ControllerSettings _settings;
    private (string Topic, TopicSettings Settings, bool MayLoseData)? _last;

    /// <param name="brokers">Brokers as they will be once the records of this operation are replayed.</param>
    /// <param name="configs">Configs as they will be then.</param>
    public PartitionChange(BrokersImage brokers, ConfigsImage configs, ControllerSettings settings)
    {
        _election = new LeaderElection(brokers);
        _configs = configs;
        _settings = settings;
    }

    /// <summary>Carries out <c>change(targetIsr)</c> of; null when nothing changes.</summary>
    /// <param name="topic">Whose partition it is.</param>
    /// <param name="old">The state before.</param>
    /// <param name="targetIsr">The ISR to have; the election may replace it.</param>
    /// <param name="lossy">A replica that may have lost what it once had: it cannot stay eligible.</param>
    /// <param name="isWiped">It has lost all, so it is not even remembered as the last known leader .</param>
    public PartitionState? To(
        TopicImage topic, PartitionState old, ImmutableArray<NodeId> targetIsr, NodeId? lossy = null, bool isWiped = false)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(old);
        PartitionState next = Compute(topic, old, old with { Isr = targetIsr }, MayLoseData(topic), lossy);
        if (isWiped && next.LastKnownLeader == lossy)
        {
            next = next with { LastKnownLeader = NodeId.None };
        }

        return Versioned(old, next);
    }

    /// <summary>
    /// The same for a leader's proposal: the partition epoch moves even when nothing else does, which fences every copy of
    /// an older proposal (R-8.4, R-9.1, P49).
    /// </summary>
    public PartitionState Proposed(TopicImage topic, PartitionState old, ImmutableArray<NodeId> targetIsr, RecoveryState recoveryState)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(old);
        PartitionState next = Compute(topic, old, old with { Isr = targetIsr, RecoveryState = recoveryState }, mayLoseData: false);
        return Versioned(old, next, always: !_settings.Broke(MetadataSabotage.NoFence)) ?? old;
    }

    /// <summary>Gives a partition the minimum ISR and flush mode of the configs, and a leader if they allow one now; null when nothing changes.</summary>
    public PartitionState? Restamp(TopicImage topic, PartitionState old)
    {
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(old);
        // empties the ELR here; this keeps it while the ISR is below the new minimum too (step 2 of ). A leader
        // commits only by the minimum stamped into its partition epoch, and a member of the ELR has been outside an ISR below
        // the minimum of every epoch since it left: nothing was committed without it, whatever the minimum became in between.
        // An ELR emptied for nothing makes a single lossy crash of the last member lose records that the others still hold.
        PartitionState wanted = old with
        {
            Flush = RulesOf(topic).Settings.Flush,
            MinIsr = _settings.Broke(MetadataSabotage.NoStamp) ? old.MinIsr : MinIsr(topic, old.Replicas.Length - old.Adding.Length),
        };
        return Versioned(old, Compute(topic, old, wanted, MayLoseData(topic)));
    }

    /// <summary>Makes the preferred leader lead, which must be a member of the ISR and up; null when it leads or may not.</summary>
    public PartitionState? Preferred(TopicImage topic, PartitionState old)
    {
        ArgumentNullException.ThrowIfNull(old);
        NodeId preferred = old.Replicas[0];
        return old.Isr.Contains(preferred) && _election.IsCandidate(old, preferred)
            ? Versioned(old, Compute(topic, old, old with { Leader = preferred }, mayLoseData: false))
            : null;
    }

    /// <summary>Gives a partition without a leader one that may lack acknowledged records: an operator accepts that; null when nobody is up.</summary>
    public PartitionState? Unclean(TopicImage topic, PartitionState old)
    {
        ArgumentNullException.ThrowIfNull(old);
        return Versioned(old, Compute(topic, old, old, mayLoseData: true)) is { } next && next.Leader != NodeId.None ? next : null;
    }

    /// <summary>Gives a partition other replicas, those to add and to remove noted; null when nothing changes.</summary>
    /// <param name="wanted">The state with its new replicas; ISR and ELR are cut to them here.</param>
    internal PartitionState? Assigned(TopicImage topic, PartitionState old, PartitionState wanted)
    {
        wanted = wanted with
        {
            Isr = [.. wanted.Replicas.Where(id => old.Isr.Contains(id))],
            Elr = [.. wanted.Replicas.Where(id => old.Elr.Contains(id))],
        };
        return Versioned(old, Compute(topic, old, wanted, mayLoseData: false));
    }

    /// <summary>The record that puts <paramref name="state"/> in place of what is there.</summary>
    public static MetadataRecord Record(TopicId topicId, PartitionState state) =>
        new() { PartitionChange = new PartitionChangeRecord { State = RecordFields.Record(topicId, state) } };

    /// <summary>Steps 1 to 4 of .</summary>
    private PartitionState Compute(TopicImage topic, PartitionState old, PartitionState wanted, bool mayLoseData, NodeId? lossy = null)
    {
        lossy = old.WasNeverLed ? null : lossy; // There was nothing to lose.
        PartitionState next = EndReassignment(topic, wanted);
        next = next with { Elr = EligibleOutsideIsr(old, next, lossy) };
        bool byLastLeader = RulesOf(topic).Settings.RecoversByLastLeader;
        next = _election.Elect(old, next, mayLoseData, byLastLeader);
        PartitionState ended = EndReassignment(topic, next); // a leader elected from outside the ISR may be all that was missing
        if (!ReferenceEquals(ended, next))
        {
            next = _election.Elect(old, ended with { Elr = EligibleOutsideIsr(next, ended, lossy) }, mayLoseData: false, byLastLeader);
        }

        // whoever is dropped is fenced by the epoch too, or a leader would go on counting what it fetched (P57).
        bool isNewReign = next.Leader != old.Leader
            || next.LastUncleanEpoch != old.LastUncleanEpoch
            || old.Replicas.Any(id => !next.Replicas.Contains(id));
        return isNewReign ? next with { LeaderEpoch = new LeaderEpoch(old.LeaderEpoch.Value + 1) } : next;
    }

    /// <summary>Step 1, R-10.2: what was added is in sync and enough is left without what goes.</summary>
    private PartitionState EndReassignment(TopicImage topic, PartitionState state)
    {
        if (state.Adding.IsEmpty && state.Removing.IsEmpty)
        {
            return state;
        }

        ImmutableArray<NodeId> target = state.Replicas.RemoveRange(state.Removing);
        ImmutableArray<NodeId> isr = state.Isr.RemoveRange(state.Removing);
        int minIsr = MinIsr(topic, target.Length);
        bool isShrinking = state.Removing.Length > state.Adding.Length;
        bool isDone = !isr.IsEmpty
            && isr.Length >= minIsr
            && state.Adding.All(id => isr.Contains(id))
            && (!isShrinking || isr.Length == target.Length); // KAFKA-19975
        return isDone
            ? state with { Replicas = target, Isr = isr, Elr = state.Elr.RemoveRange(state.Removing), MinIsr = minIsr, Adding = [], Removing = [] }
            : state;
    }

    /// <summary>Step 2: who left an ISR below the minimum still holds everything committed.</summary>
    private ImmutableArray<NodeId> EligibleOutsideIsr(PartitionState old, PartitionState next, NodeId? lossy)
    {
        if (_settings.Broke(MetadataSabotage.NoElr))
        {
            return !next.Isr.IsEmpty ? [] : old.Isr.IsEmpty ? next.Elr : old.Isr;
        }

        lossy = _settings.Broke(MetadataSabotage.KeepUncleanElr) ? null : lossy;
        if (next.Isr.Length >= next.MinIsr)
        {
            return [];
        }

        ImmutableArray<NodeId>.Builder elr = ImmutableArray.CreateBuilder<NodeId>();
        foreach (NodeId id in next.Replicas)
        {
            if ((old.Isr.Contains(id) || next.Elr.Contains(id)) && !next.Isr.Contains(id) && id != lossy)
            {
                elr.Add(id);
            }
        }

        return elr.DrainToImmutable();
    }

    /// <summary>The minimum that counts for so many replicas. Those that are only being added do not count: writes would be refused until they have caught up.</summary>
    private int MinIsr(TopicImage topic, int replicas) => Math.Min(RulesOf(topic).Settings.MinInsyncReplicas, replicas);

    /// <summary>R-9.6: never by itself for topics of the cluster.</summary>
    private bool MayLoseData(TopicImage topic) => RulesOf(topic).MayLoseData;

    /// <summary>What counts for a topic, looked up once: its partitions come one after the other.</summary>
    private (string Topic, TopicSettings Settings, bool MayLoseData) RulesOf(TopicImage topic)
    {
        if (_last is not { } last || last.Topic != topic.Name)
        {
            TopicSettings settings = TopicSettings.Of(_configs, _settings.StaticTopicConfigs, topic.Name);
            last = (topic.Name, settings, settings.UncleanLeaderElection && !TopicControl.IsInternal(topic.Name));
            _last = last;
        }

        return last;
    }

    /// <summary>Step 5.</summary>
    private static PartitionState? Versioned(PartitionState old, PartitionState next, bool always = false)
    {
        if (!always && IsSame(old, next))
        {
            return null;
        }

        next = next with { PartitionEpoch = new PartitionEpoch(old.PartitionEpoch.Value + 1) };
        next.CheckInvariants();
        return next;
    }

    private static bool IsSame(PartitionState left, PartitionState right) =>
        left.Leader == right.Leader
        && left.LeaderEpoch == right.LeaderEpoch
        && left.LastKnownLeader == right.LastKnownLeader
        && left.MinIsr == right.MinIsr
        && left.Flush == right.Flush
        && left.RecoveryState == right.RecoveryState
        && left.Isr.AsSpan().SequenceEqual(right.Isr.AsSpan())
        && left.Elr.AsSpan().SequenceEqual(right.Elr.AsSpan())
        && left.Replicas.AsSpan().SequenceEqual(right.Replicas.AsSpan())
        && left.Adding.AsSpan().SequenceEqual(right.Adding.AsSpan())
        && left.Removing.AsSpan().SequenceEqual(right.Removing.AsSpan());
}
