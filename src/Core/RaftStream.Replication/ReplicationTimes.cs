namespace RaftStream.Replication;

/// <summary>How long the machines wait, in milliseconds (section 18 of the rules).</summary>
public sealed record ReplicationTimes
{
    /// <summary>A replica that did not catch up for so long leaves the ISR .</summary>
    public int ReplicaLagMaxMs { get; init; } = 30_000;

    /// <summary>
    /// How long a follower that has all records waits for a newer high watermark; what is appended meanwhile brings it along.
    /// Without it every produce request would cost two answers to each follower.
    /// </summary>
    public int HighWatermarkLingerMs { get; init; } = 5;

    /// <summary>Before an unanswered proposal is sent again; doubled up to <see cref="RetryMaxMs"/>.</summary>
    public int RetryMs { get; init; } = 50;

    /// <summary>Longest pause before a repetition, and the pause after a refused proposal.</summary>
    public int RetryMaxMs { get; init; } = 1_000;

    /// <summary>Rules that a test switches off.</summary>
    internal ReplicationSabotage Sabotage { get; init; }

    internal bool Broke(ReplicationSabotage rule) => (Sabotage & rule) != 0;
}
