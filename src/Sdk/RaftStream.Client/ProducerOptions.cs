using RaftStream.Records;
using RaftStream.Records.Producers;

namespace RaftStream.Client;

/// <summary>Which acknowledgement a produced record waits for; Kafka's <c>acks</c>.</summary>
public enum ProducerAcks
{
    /// <summary>Every in-sync replica has it: survives the loss of any of them.</summary>
    All,

    /// <summary>The leader has it: lost when the leader dies before its followers fetched it.</summary>
    Leader,

    /// <summary>None: a record counts as delivered, at offset -1, once it was handed to the connection.</summary>
    None,
}

/// <summary>How a <see cref="Producer"/> collects, sends and retries. The defaults are set for throughput.</summary>
public sealed record ProducerOptions
{
    /// <summary>Default <see cref="ProducerAcks.All"/>.</summary>
    public ProducerAcks Acks { get; init; } = ProducerAcks.All;

    /// <summary>
    /// Each record once, in order, however often it had to be sent (KIP-98); Kafka's <c>enable.idempotence</c>. Needs
    /// <see cref="ProducerAcks.All"/> and at most 5 batches in flight. Null, the default, is on wherever these allow it.
    /// </summary>
    public bool? EnableIdempotence { get; init; }

    /// <summary>
    /// Longest time a record waits for others to share its batch. Default 5 ms, as Kafka's since 4.0. Zero sends as soon
    /// as the connection is free; records that arrive meanwhile still share a batch.
    /// </summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// A batch is sent without lingering once it holds this many bytes, before compression. Default 128 KiB: see the
    /// project's README for the measurement.
    /// </summary>
    public int BatchBytes { get; init; } = 128 * 1024;

    /// <summary>Compression of batches; the broker stores and serves them as they are.</summary>
    public CompressionCodec Codec { get; init; } = CompressionCodec.None;

    /// <summary>
    /// Bound of the memory for records that are not acknowledged yet, bytes. When it is used up, producing waits (or
    /// answers false): backpressure. Default 64 MiB.
    /// </summary>
    public long MemoryBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// Largest record, bytes, encoded and before compression; a larger one is refused at once. Default 1 MiB, as the
    /// topics' default <c>max.message.bytes</c>.
    /// </summary>
    public int MaxRecordBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// Batches of one partition on their way at the same time. Order is kept whatever the number: after a failure the
    /// partition's batches are sent again from the first failed one. Default 5, as Kafka's, and the most with idempotence.
    /// </summary>
    public int MaxInFlightPerPartition { get; init; } = 5;

    /// <summary>Longest time from producing a record to its report, retries included. Default 2 min, as Kafka's.</summary>
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Longest wait for memory or metadata before a record is refused. Default 60 s, as Kafka's <c>max.block.ms</c>.</summary>
    public TimeSpan MaxBlock { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Called for each run of records whose fate is known; null when nobody wants to know.</summary>
    public IDeliveryHandler? DeliveryHandler { get; init; }

    /// <summary>True when batches carry a producer id and sequences.</summary>
    internal bool IsIdempotent => EnableIdempotence ?? MayBeIdempotent;

    private bool MayBeIdempotent => Acks == ProducerAcks.All && MaxInFlightPerPartition <= ProducerEntry.MaxBatches;

    /// <summary>Throws when a producer cannot work with these.</summary>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchBytes, SmallestBatchBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(MemoryBytes, BatchBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRecordBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxInFlightPerPartition, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Linger, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(DeliveryTimeout, Linger);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxBlock, TimeSpan.Zero);
        if (EnableIdempotence == true && !MayBeIdempotent)
        {
            throw new ArgumentException(
                $"EnableIdempotence needs acks = all, and at most {ProducerEntry.MaxBatches} batches in flight per partition (MaxInFlightPerPartition).");
        }

        RecordCheck codec = CompressionCodecs.Check(Codec);
        if (!codec.IsValid)
        {
            throw new ArgumentException(codec.Reason);
        }
    }

    // A header and one small record.
    private const int SmallestBatchBytes = 128;
}
