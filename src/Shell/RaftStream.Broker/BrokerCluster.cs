using System.Net.Security;
using RaftStream.Broker.Controller;
using RaftStream.Quorum.Runtime;

namespace RaftStream.Broker;

/// <summary>The cluster that a broker is part of; without one it is a cluster of its own. All of it is started and owned by others.</summary>
public sealed record BrokerCluster
{
    /// <summary>The cluster.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>This node's replica of the metadata log: a voter, or an observer.</summary>
    public required QuorumNode Quorum { get; init; }

    /// <summary>What the quorum publishes.</summary>
    public required MetadataFeed Feed { get; init; }

    /// <summary>The way to the active controller.</summary>
    public required ControllerGateway Gateway { get; init; }

    /// <summary>TLS of calls to other brokers; null is cleartext.</summary>
    public SslClientAuthenticationOptions? ReplicaTls { get; init; }

    /// <summary>Milliseconds between two heartbeats (C-14.10).</summary>
    public int HeartbeatMs { get; init; } = 250;

    /// <summary>Milliseconds without a heartbeat after which the controller fences a broker; the controllers' setting should be the same.</summary>
    public int SessionMs { get; init; } = 2_000;

    /// <summary>Longest wait for leaderships to move when the broker stops in good order, milliseconds.</summary>
    public int ShutdownMs { get; init; } = 10_000;
}
