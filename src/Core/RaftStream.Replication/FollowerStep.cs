using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>What a follower does with an answer of its leader.</summary>
public enum FollowerStepKind
{
    /// <summary>Late, doubled, of another reign, or of no consequence: nothing .</summary>
    Ignore,

    /// <summary>Append the batches, if any; then take the leader's log start and high watermark .</summary>
    Append,

    /// <summary>Cut the log to <see cref="FollowerStep.Target"/>, durably, and ask again .</summary>
    Truncate,

    /// <summary>Delete everything and begin anew at <see cref="FollowerStep.Target"/> (R-7.6).</summary>
    StartAnew,

    /// <summary>Ask again after a pause, or when the metadata changes .</summary>
    BackOff,

    /// <summary>A committed record would go: stop and let people look .</summary>
    Halt,
}

/// <summary>What to do, and where.</summary>
/// <param name="Kind">What.</param>
/// <param name="Target">New log end, or new log start.</param>
public readonly record struct FollowerStep(FollowerStepKind Kind, Offset Target = default);

/// <summary>What the metadata says about a partition that this node follows.</summary>
public sealed record FollowerState
{
    /// <summary>This node.</summary>
    public required NodeId Self { get; init; }

    /// <summary>Its registration.</summary>
    public required BrokerEpoch BrokerEpoch { get; init; }

    /// <summary>Whom it follows.</summary>
    public required NodeId Leader { get; init; }

    /// <summary>The reign.</summary>
    public required LeaderEpoch LeaderEpoch { get; init; }

    /// <summary>This replica is in the ISR or eligible: everything that is committed counts on it (S-R2).</summary>
    public required bool IsMember { get; init; }

    /// <summary>True with flush=commit.</summary>
    public bool CountsFlushed { get; init; }

    /// <summary>Epoch of the last unclean election, or <see cref="LeaderEpoch.Unknown"/>.</summary>
    public LeaderEpoch LastUncleanEpoch { get; init; } = LeaderEpoch.Unknown;
}

/// <summary>A follower's log, as it is now.</summary>
/// <param name="Start">First offset.</param>
/// <param name="End">Log end.</param>
/// <param name="FlushedEnd">Everything below is flushed.</param>
/// <param name="LastEpoch">Epoch of the last batch in the log (R-7.2, P44).</param>
/// <param name="HighWatermark">What it was told to be committed.</param>
public readonly record struct FollowerLog(Offset Start, Offset End, Offset FlushedEnd, LeaderEpoch LastEpoch, Offset HighWatermark);
