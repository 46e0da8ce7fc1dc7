using System.Collections.Immutable;
using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>A proposal to the controller. It is sent again as it is, never changed .</summary>
public sealed record IsrChange
{
    /// <summary>The reign in which it was decided.</summary>
    public required LeaderEpoch LeaderEpoch { get; init; }

    /// <summary>The metadata on which it was decided.</summary>
    public required PartitionEpoch PartitionEpoch { get; init; }

    /// <summary>The ISR to have.</summary>
    public required ImmutableArray<ProposedMember> NewIsr { get; init; }

    /// <summary>True while the partition goes on recovering .</summary>
    public bool IsRecovering { get; init; }

    /// <summary>True when it changes nothing: it only puts all copies of a refused proposal out of force .</summary>
    public bool IsFence { get; init; }
}

/// <summary>A member of a proposed ISR.</summary>
/// <param name="Id">Who.</param>
/// <param name="Epoch">The registration under which it fetched; <see cref="BrokerEpoch.None"/> is "it never did in this reign".</param>
public readonly record struct ProposedMember(NodeId Id, BrokerEpoch Epoch);
