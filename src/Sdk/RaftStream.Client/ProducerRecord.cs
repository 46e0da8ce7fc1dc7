using System.Text;
using RaftStream.Records;

namespace RaftStream.Client;

/// <summary>One record to be produced, in memory that stays unchanged until the call that takes it has returned.</summary>
public readonly record struct ProducerRecord
{
    /// <summary>Decides the partition (murmur2, as Kafka's) unless one is named; null spreads records over all partitions.</summary>
    public ReadOnlyMemory<byte>? Key { get; init; }

    /// <summary>The payload; null is a tombstone on a compacted topic, which is not the same as empty.</summary>
    public ReadOnlyMemory<byte>? Value { get; init; }

    /// <summary>In the order given; keys may repeat.</summary>
    public ReadOnlyMemory<RecordHeader> Headers { get; init; }

    /// <summary>The partition, from 0; null leaves the choice to the key.</summary>
    public int? Partition { get; init; }

    /// <summary>Milliseconds since 1970 UTC; null is now.</summary>
    public long? TimestampMs { get; init; }

    /// <summary>A record of text, in UTF-8.</summary>
    public static ProducerRecord OfText(string? key, string? value) => new()
    {
        Key = key is null ? null : Encoding.UTF8.GetBytes(key),
        Value = value is null ? null : Encoding.UTF8.GetBytes(value),
    };

    /// <summary>A record of a value only.</summary>
    public static implicit operator ProducerRecord(byte[] value) => new() { Value = value };
}

/// <summary>One record to be produced at once, borrowed from the caller: nothing of it is kept but its bytes.</summary>
public readonly ref struct BorrowedRecord
{
    /// <inheritdoc cref="ProducerRecord.Key"/>
    public OptionalBytes Key { get; init; }

    /// <inheritdoc cref="ProducerRecord.Value"/>
    public OptionalBytes Value { get; init; }

    /// <inheritdoc cref="ProducerRecord.Headers"/>
    public ReadOnlySpan<RecordHeader> Headers { get; init; }

    /// <inheritdoc cref="ProducerRecord.Partition"/>
    public int? Partition { get; init; }

    /// <inheritdoc cref="ProducerRecord.TimestampMs"/>
    public long? TimestampMs { get; init; }
}
