using RaftStream.Model;

namespace RaftStream.Replication;

/// <summary>What a follower asks of its leader, for one partition (section 6 of the rules).</summary>
public readonly record struct FollowerFetch
{
    /// <summary>Tells late and doubled answers from the one that is waited for .</summary>
    public required long Correlation { get; init; }

    /// <summary>Who asks.</summary>
    public required NodeId Replica { get; init; }

    /// <summary>Its registration.</summary>
    public required BrokerEpoch BrokerEpoch { get; init; }

    /// <summary>The reign that it knows.</summary>
    public required LeaderEpoch LeaderEpoch { get; init; }

    /// <summary>Its log end: the first offset wanted. Beyond every log when it only asks where the leader's begins .</summary>
    public required Offset Offset { get; init; }

    /// <summary>Epoch of the last batch in its log; <see cref="LeaderEpoch.Unknown"/> when the log is empty .</summary>
    public required LeaderEpoch LastFetchedEpoch { get; init; }

    /// <summary>Everything below is flushed there.</summary>
    public required Offset FlushedEnd { get; init; }

    /// <summary>Its first offset.</summary>
    public required Offset LogStart { get; init; }

    /// <summary>The high watermark that it was told; a newer one is news .</summary>
    public Offset KnownHighWatermark { get; init; }

    /// <summary>The round that it was told, which it confirms hereby .</summary>
    public long KnownRound { get; init; }

    /// <summary>True when it only says how far it is, because another fetch waits at the leader already .</summary>
    public bool IsProgressOnly { get; init; }
}

/// <summary>What the leader answers a follower, but for the batches.</summary>
public readonly record struct FetchAnswer
{
    /// <summary>That of the fetch.</summary>
    public required long Correlation { get; init; }

    /// <summary>Why there is nothing, or <see cref="ErrorCode.None"/>.</summary>
    public ErrorCode Error { get; init; }

    /// <summary>Where the follower's log leaves the leader's; null is "it does not" .</summary>
    public EpochEndOffset? Diverging { get; init; }

    /// <summary>The leader's; with an error or a divergence it means nothing .</summary>
    public Offset HighWatermark { get; init; }

    /// <summary>The leader's first offset; known with OFFSET_OUT_OF_RANGE too.</summary>
    public Offset LogStart { get; init; }

    /// <summary>The latest round that somebody waits for .</summary>
    public long Round { get; init; }
}

/// <summary>What becomes of a follower's fetch.</summary>
/// <param name="Error">The answer, when it is not <see cref="ErrorCode.None"/>.</param>
/// <param name="Diverging">The answer, when it is not null.</param>
/// <param name="IsParked">True when there is no answer yet: an effect wakes it.</param>
public readonly record struct FetchVerdict(ErrorCode Error, EpochEndOffset? Diverging, bool IsParked);
