using Microsoft.Extensions.Logging;
using RaftStream.Broker.Replicas;
using RaftStream.Broker.Threads;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker.Partitions;

/// <summary>What all partitions of a node share.</summary>
internal sealed record PartitionServices
{
    public required NodeId NodeId { get; init; }

    public required TimeProvider Time { get; init; }

    public required TimerWheel Timers { get; init; }

    public required Supervisor Supervisor { get; init; }

    public required FlushQueue Flushes { get; init; }

    public required DiskGuard Disk { get; init; }

    public required BrokerMetrics Metrics { get; init; }

    /// <summary>This incarnation's registration.</summary>
    public required BrokerIdentity Identity { get; init; }

    /// <summary>Takes proposals to the controller.</summary>
    public required IIsrProposer Proposer { get; init; }

    /// <summary>How long replication waits.</summary>
    public required ReplicationTimes Times { get; init; }

    /// <summary>Milliseconds without a batch after which an idempotent producer is forgotten.</summary>
    public long ProducerExpirationMs { get; init; } = 86_400_000;

    public required ILogger Logger { get; init; }

    /// <summary>Wall time, milliseconds since 1970-01-01 UTC.</summary>
    public long WallMs => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
