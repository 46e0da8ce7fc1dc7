namespace RaftStream.Client;

/// <summary>Where one record went.</summary>
/// <param name="Partition">The partition that was chosen.</param>
/// <param name="Offset">Its position there; -1 with <see cref="ProducerAcks.None"/>, or when a broker knows only that the record is there.</param>
/// <param name="TimestampMs">Its timestamp in the log, milliseconds since 1970 UTC: the broker's where the topic says LogAppendTime.</param>
public readonly record struct DeliveryReport(NamedPartition Partition, long Offset, long TimestampMs);

/// <summary>
/// A receipt for one record that was taken into a batch. Within one partition of one producer, sequences count the
/// records from 0 in the order in which they were taken, which is also their order in the log.
/// </summary>
public readonly record struct ProduceTicket(int Partition, long Sequence);

/// <summary>The fate of a run of neighbouring records of one partition: all were stored or none.</summary>
public readonly ref struct DeliveryRange
{
    /// <summary>Where the records belong.</summary>
    public required NamedPartition Partition { get; init; }

    /// <summary><see cref="ProduceTicket.Sequence"/> of the first record of the run.</summary>
    public required long FirstSequence { get; init; }

    /// <summary>Records in the run, 1 or more.</summary>
    public required int Count { get; init; }

    /// <summary>Offset of the first record, the others follow without a gap; -1 on failure, and where <see cref="DeliveryReport.Offset"/> is.</summary>
    public required long BaseOffset { get; init; }

    /// <summary>The broker's timestamp of all of them when the topic says LogAppendTime, else -1.</summary>
    public required long LogAppendTimeMs { get; init; }

    /// <summary>Null is success.</summary>
    public required RaftStreamException? Error { get; init; }
}

/// <summary>Learns the fate of records that were produced without awaiting them one by one.</summary>
/// <remarks>
/// Called once for each run of records, in the order of the sequences within a partition, on the thread that received the
/// answer: be quick, do not block, do not throw. Different partitions may be reported at the same time.
/// </remarks>
public interface IDeliveryHandler
{
    /// <summary>Takes one run; <paramref name="range"/> is valid during the call.</summary>
    void OnDelivered(in DeliveryRange range);
}
