using RaftStream.Model;

namespace RaftStream.Broker.Fetching;

/// <summary>What a consumer wants from one partition.</summary>
/// <param name="Offset">First offset wanted.</param>
/// <param name="MaxBytes">Most bytes of batches; the first batch comes whole even when it is larger. 0 is the default.</param>
/// <param name="CurrentLeaderEpoch">The reign that the caller knows; <see cref="LeaderEpoch.Unknown"/> is "do not check" (KIP-320).</param>
/// <param name="LastFetchedEpoch">Epoch of the last record that the caller has; <see cref="LeaderEpoch.Unknown"/> is "do not check".</param>
public readonly record struct FetchPosition(
    Offset Offset, int MaxBytes, LeaderEpoch CurrentLeaderEpoch, LeaderEpoch LastFetchedEpoch)
{
    /// <summary>True reads also from a follower, below the high watermark that it knows .</summary>
    public bool FromFollower { get; init; }

    /// <summary>The same from another offset on: what was read proves the epochs right.</summary>
    public FetchPosition MoveTo(Offset offset) => At(offset, MaxBytes) with { FromFollower = FromFollower };

    /// <summary>From an offset on, without checks of epochs.</summary>
    public static FetchPosition At(Offset offset, int maxBytes = 0) => new(offset, maxBytes, LeaderEpoch.Unknown, LeaderEpoch.Unknown);
}
