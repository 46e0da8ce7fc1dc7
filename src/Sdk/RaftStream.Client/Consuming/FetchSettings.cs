namespace RaftStream.Client.Consuming;

/// <summary>What a fetcher tells its sessions, and what they tell it.</summary>
internal sealed record FetchSettings
{
    public required ConsumerOptions Options { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Where the records go.</summary>
    public required FetchQueue Queue { get; init; }

    /// <summary>Longest silence of a broker, in ticks of the time provider.</summary>
    public required long StallTicks { get; init; }

    /// <summary>Silence after which it is asked whether the broker still leads, in ticks of the time provider.</summary>
    public required long SuspectTicks { get; init; }

    /// <summary>A partition cannot be read here, or not from there.</summary>
    public required Action<FetchCursor, RaftStreamException> OnPartitionFailed { get; init; }

    /// <summary>The log was cut below what was read: it now ends, in the last common epoch, at this offset.</summary>
    public required Action<FetchCursor, long> OnDiverged { get; init; }

    /// <summary>The leader names a follower to read from.</summary>
    public required Action<FetchCursor, int> OnReplicaNamed { get; init; }

    /// <summary>A session ended by itself.</summary>
    public required Action OnSessionOver { get; init; }

    /// <summary>A session ended with a bug.</summary>
    public required Action<Exception> OnBug { get; init; }
}
