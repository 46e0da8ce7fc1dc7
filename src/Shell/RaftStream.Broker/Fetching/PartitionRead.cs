using RaftStream.Model;
using RaftStream.Storage;

namespace RaftStream.Broker.Fetching;

/// <summary>What a consumer gets from one partition. Dispose of it once its bytes were sent.</summary>
public readonly record struct PartitionRead : IDisposable
{
    /// <summary><see cref="ErrorCode.None"/>, or why there is nothing.</summary>
    public ErrorCode Error { get; init; }

    /// <summary>Exclusive end of what consumers may read; -1 when unknown.</summary>
    public Offset HighWatermark { get; init; }

    /// <summary>First kept offset; -1 when unknown.</summary>
    public Offset LogStartOffset { get; init; }

    /// <summary>The leader's reign.</summary>
    public LeaderEpoch LeaderEpoch { get; init; }

    /// <summary>Where the caller's log and this one part (KIP-320); null is "they do not".</summary>
    public EpochEndOffset? Diverging { get; init; }

    /// <summary>Whole batches, the one with the asked offset first; empty when there is no news.</summary>
    public LogSlice Slice { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Slice.Dispose();
}
