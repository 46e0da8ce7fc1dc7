namespace RaftStream.Records;

/// <summary>What a topic demands of a produced batch. One per topic config; immutable.</summary>
public sealed record RecordBatchRules
{
    /// <summary>
    /// max.message.bytes: largest batch as sent, header included. Default 1 MiB + 12 bytes, as in Kafka.
    /// </summary>
    public int MaxBatchBytes { get; init; } = (1024 * 1024) + RecordBatchHeader.LengthPrefixSize;

    /// <summary>segment.bytes: a batch must fit into one segment. Default 1 GiB.</summary>
    public int MaxSegmentBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>Largest size of the records once decompressed, bytes, against decompression bombs.</summary>
    public int MaxDecompressedBytes { get; init; } = RecordBatchReader.DefaultMaxDecompressedBytes;

    /// <summary>cleanup.policy holds compact: every record needs a key.</summary>
    public bool AreKeysRequired { get; init; }

    /// <summary>message.timestamp.type: with log append time, the producer's timestamps are not looked at.</summary>
    public TimestampType TimestampType { get; init; }

    /// <summary>message.timestamp.before.max.ms: how far a timestamp may lie in the past. Default unlimited.</summary>
    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;

    /// <summary>message.timestamp.after.max.ms: how far a timestamp may lie in the future. Default 1 h.</summary>
    public long TimestampAfterMaxMs { get; init; } = 60 * 60 * 1000;
}
