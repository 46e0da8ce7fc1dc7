using System.Collections.Immutable;
using RaftStream.Internal.V1;
using RaftStream.Metadata.Configs;
using RaftStream.Metadata.Images;
using RaftStream.Model;

namespace RaftStream.Metadata.Control;

/// <summary>The one place where a partition gets a new ISR, ELR, leader and epochs .</summary>
/// <param name="brokers">Brokers as they will be once the records of this operation are replayed.</param>
public sealed class PartitionChange(BrokersImage brokers)
{
    /// <summary>Carries out <c>change(targetIsr)</c> of; null when nothing changes.</summary>
    /// <param name="old">The state before.</param>
    /// <param name="targetIsr">The ISR to have; the election may replace it.</param>
    /// <param name="uncleanShutdown">Replicas that may have lost what they once had: they cannot stay eligible.</param>
    public PartitionState? To(PartitionState old, ImmutableArray<NodeId> targetIsr, params ReadOnlySpan<NodeId> uncleanShutdown)
    {
        ArgumentNullException.ThrowIfNull(old);
        PartitionState next = Compute(old, targetIsr, uncleanShutdown);
        return IsSame(old, next) ? null : Versioned(old, next);
    }

    /// <summary>
    /// The same for a leader's proposal: the partition epoch moves even when nothing else does, which fences every copy of
    /// an older proposal (R-8.4, R-9.1, P49).
    /// </summary>
    public PartitionState Proposed(PartitionState old, ImmutableArray<NodeId> targetIsr, RecoveryState recoveryState)
    {
        ArgumentNullException.ThrowIfNull(old);
        return Versioned(old, Compute(old, targetIsr, []) with { RecoveryState = recoveryState });
    }

    /// <summary>Gives a partition the minimum ISR and flush mode of changed configs; null when it has them.</summary>
    public PartitionState? Restamp(PartitionState old, TopicSettings settings)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(settings);
        int minIsr = Math.Min(settings.MinInsyncReplicas, old.Replicas.Length);
        if (minIsr == old.MinIsr && settings.Flush == old.Flush)
        {
            return null;
        }

        // who is eligible was judged by the old minimum, so the list starts empty; an empty ISR keeps it, since
        // nobody else could ever lead.
        ImmutableArray<NodeId> elr = minIsr == old.MinIsr || old.Isr.IsEmpty ? old.Elr : [];
        PartitionState next = Elect(old, old with { MinIsr = minIsr, Flush = settings.Flush, Elr = elr });
        next = next with
        {
            LeaderEpoch = next.Leader == old.Leader ? old.LeaderEpoch : new LeaderEpoch(old.LeaderEpoch.Value + 1),
            PartitionEpoch = new PartitionEpoch(old.PartitionEpoch.Value + 1),
        };
        next.CheckInvariants();
        return next;
    }

    /// <summary>The record that puts <paramref name="state"/> in place of what is there.</summary>
    public static MetadataRecord Record(TopicId topicId, PartitionState state) =>
        new() { PartitionChange = new PartitionChangeRecord { State = RecordFields.Record(topicId, state) } };

    private PartitionState Compute(PartitionState old, ImmutableArray<NodeId> targetIsr, ReadOnlySpan<NodeId> uncleanShutdown)
    {
        PartitionState next = old with { Isr = targetIsr, Elr = EligibleOutsideIsr(old, targetIsr, uncleanShutdown) };
        next = Elect(old, next);
        return next.Leader == old.Leader ? next : next with { LeaderEpoch = new LeaderEpoch(old.LeaderEpoch.Value + 1) };
    }

    private static PartitionState Versioned(PartitionState old, PartitionState next)
    {
        next = next with { PartitionEpoch = new PartitionEpoch(old.PartitionEpoch.Value + 1) };
        next.CheckInvariants();
        return next;
    }

    /// <summary>Step 2 of: who left an ISR below the minimum still holds everything committed.</summary>
    private static ImmutableArray<NodeId> EligibleOutsideIsr(
        PartitionState old, ImmutableArray<NodeId> targetIsr, ReadOnlySpan<NodeId> uncleanShutdown)
    {
        if (targetIsr.Length >= old.MinIsr)
        {
            return [];
        }

        ImmutableArray<NodeId>.Builder elr = ImmutableArray.CreateBuilder<NodeId>();
        foreach (NodeId id in old.Replicas)
        {
            if ((old.Isr.Contains(id) || old.Elr.Contains(id)) && !targetIsr.Contains(id) && !uncleanShutdown.Contains(id))
            {
                elr.Add(id);
            }
        }

        return elr.DrainToImmutable();
    }

    /// <summary>Step 3 of, with the rule of KIP-966 that the last known leader may lead when nobody is eligible.</summary>
    private PartitionState Elect(PartitionState old, PartitionState next)
    {
        if (IsCandidate(next, next.Leader))
        {
            return next;
        }

        foreach (NodeId id in next.Replicas)
        {
            if (IsCandidate(next, id))
            {
                bool fromElr = !next.Isr.Contains(id);
                return next with
                {
                    Leader = id,
                    LastKnownLeader = NodeId.None,
                    Isr = fromElr ? [id] : next.Isr,
                    Elr = fromElr ? Without(next.Elr, id, next.MinIsr) : next.Elr,
                };
            }
        }

        NodeId lastKnown = old.Leader != NodeId.None ? old.Leader : old.LastKnownLeader;
        if (next.Isr.IsEmpty && next.Elr.IsEmpty && brokers.IsActive(lastKnown) && next.Replicas.Contains(lastKnown))
        {
            return next with
            {
                Leader = lastKnown,
                LastKnownLeader = NodeId.None,
                Isr = [lastKnown],
                LastUncleanEpoch = new LeaderEpoch(old.LeaderEpoch.Value + 1),
            };
        }

        return next with { Leader = NodeId.None, LastKnownLeader = lastKnown };
    }

    /// <summary>R-9.2.</summary>
    private bool IsCandidate(PartitionState state, NodeId id) =>
        brokers.IsActive(id) && (state.Isr.Contains(id) || (state.Isr.IsEmpty && state.Elr.Contains(id)));

    private static ImmutableArray<NodeId> Without(ImmutableArray<NodeId> elr, NodeId winner, int minIsr) =>
        minIsr <= 1 ? [] : elr.Remove(winner);

    private static bool IsSame(PartitionState left, PartitionState right) =>
        left.Leader == right.Leader
        && left.LastKnownLeader == right.LastKnownLeader
        && left.MinIsr == right.MinIsr
        && left.Flush == right.Flush
        && left.Isr.SequenceEqual(right.Isr)
        && left.Elr.SequenceEqual(right.Elr);
}
