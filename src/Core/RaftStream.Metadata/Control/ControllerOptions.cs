namespace RaftStream.Metadata.Control;

/// <summary>Limits and intervals of a <see cref="Controller"/>.</summary>
public sealed record ControllerOptions
{
    /// <summary>Who does not belong to it cannot register (C-14.9).</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>What decisions go by besides the image.</summary>
    public ControllerSettings Settings { get; init; } = new();

    /// <summary>Silence after which a broker is fenced. Default 2000 ms, eight heartbeats (C-14.10).</summary>
    public long BrokerSessionMs { get; init; } = 2000;

    /// <summary>Silence that is left to a broker whose connection closed. Default 300 ms .</summary>
    public long DisconnectedSessionMs { get; init; } = 300;

    /// <summary>
    /// How much later than asked for the controller may be woken before it takes its own delay into account and gives
    /// brokers as much more time. Default 100 ms.
    /// </summary>
    public long TolerableDelayMs { get; init; } = 100;

    /// <summary>Time between two records that say nothing but that the controller lives. Default 500 ms (C-14.6).</summary>
    public long NoOpIntervalMs { get; init; } = 500;

    /// <summary>Time between two looks at who leads what. Default 300,000 ms; at most 0 is never.</summary>
    public long LeaderBalanceIntervalMs { get; init; } = 300_000;

    /// <summary>Share of the partitions that prefer a broker and are led by others, above which they are given back to it, percent. Default 10 .</summary>
    public int LeaderImbalancePercent { get; init; } = 10;

    /// <summary>Records of one batch; more are bracketed by a metadata transaction. Default 10,000 (C-14.2).</summary>
    public int MaxBatchRecords { get; init; } = 10_000;

    /// <summary>Bytes of records in one batch. Default 8 MiB (C-14.2).</summary>
    public int MaxBatchBytes { get; init; } = 8 << 20;

    /// <summary>Operations that wait to be decided; one more is refused with THROTTLING_QUOTA_EXCEEDED. Default 10,000.</summary>
    public int MaxWaiting { get; init; } = 10_000;
}
