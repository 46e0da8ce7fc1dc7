namespace RaftStream.Client;

/// <summary>What to do when a position is no longer, or not yet, in the log; Kafka's <c>auto.offset.reset</c>.</summary>
/// <remarks>
/// A log that was cut below what was read (KIP-320) is another matter: reading goes on at the cut, whatever stands there now, so that
/// nothing of the log is missed; only with <see cref="None"/> the application hears of it, by a <see cref="LogTruncatedException"/>.
/// </remarks>
public enum OffsetReset
{
    /// <summary>Go on at the first kept record.</summary>
    Earliest,

    /// <summary>Go on at the end.</summary>
    Latest,

    /// <summary>Throw: the application decides.</summary>
    None,
}

/// <summary>How a <see cref="Consumer"/> reads.</summary>
public sealed record ConsumerOptions
{
    /// <summary>Default <see cref="OffsetReset.Latest"/>, as Kafka's.</summary>
    public OffsetReset OffsetReset { get; init; } = OffsetReset.Latest;

    /// <summary>
    /// Where this consumer stands (Kafka's <c>client.rack</c>). With <c>replica.selector=rack</c> on the brokers it reads from an in-sync
    /// replica in this rack, at most <see cref="ReplicaLease"/> at a time, and from the leader whenever that replica fails. Empty
    /// reads from leaders.
    /// </summary>
    public string ClientRack { get; init; } = "";

    /// <summary>How long a replica is read from before the leader is asked again. Default 5 min, as Kafka's consumers.</summary>
    public TimeSpan ReplicaLease { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Bytes of batches read ahead of the application, over all partitions; beyond it the brokers wait (backpressure). One
    /// answer may exceed it. Default 8 MiB.
    /// </summary>
    public int PrefetchBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Most bytes of batches in one answer of a broker; a larger single batch comes all the same. Default 512 KiB.</summary>
    public int MaxAnswerBytes { get; init; } = 512 * 1024;

    /// <summary>Largest batch after decompression, bytes; a larger one is an error. Default 64 MiB.</summary>
    public int MaxBatchBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Check the CRC-32C of each batch. Default true: it costs less than a tenth of a nanosecond a byte.</summary>
    public bool CheckCrc { get; init; } = true;

    /// <summary>
    /// Longest silence of a broker, after which it tells that there is no news; what keeps <see cref="Consumer.HighWatermark"/>
    /// fresh and finds dead connections. Default 1 s.
    /// </summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a partition may be out of reach (no leader, no connection) before reading throws. Default infinite, as
    /// Kafka's consumers: they wait.
    /// </summary>
    public TimeSpan GiveUpAfter { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Called when all records below a partition's high watermark have been given out, with that offset; again after more
    /// came. Runs inside the call that moves on; null when nobody wants to know.
    /// </summary>
    public Action<NamedPartition, long>? PartitionEndHandler { get; init; }

    /// <summary>Throws when a consumer cannot work with these.</summary>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(PrefetchBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAnswerBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBatchBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Heartbeat, TimeSpan.FromMilliseconds(10));
    }
}
