using System.Collections.Immutable;
using RaftStream.Metadata.Control;
using RaftStream.Quorum.Replicas;
using RaftStream.Raft;

namespace RaftStream.Quorum.Runtime;

/// <summary>How a node takes part in the quorum.</summary>
public sealed record QuorumNodeOptions
{
    /// <summary>Where peers reach this node, as it tells them; null for a node that can never vote (a pure broker).</summary>
    public required RaftEndpoint? Endpoint { get; init; }

    /// <summary>Where to ask for the leader when none is known (C-12.2).</summary>
    public ImmutableArray<RaftEndpoint> BootstrapServers { get; init; } = [];

    /// <summary>Timeouts of the node.</summary>
    public RaftOptions Raft { get; init; } = new();

    /// <summary>Limits of the controller.</summary>
    public required ControllerOptions Controller { get; init; }

    /// <summary>When to write snapshots.</summary>
    public UpkeepOptions Upkeep { get; init; } = new();

    /// <summary>Draws election timeouts; null is random.</summary>
    public ulong? Seed { get; init; }
}
