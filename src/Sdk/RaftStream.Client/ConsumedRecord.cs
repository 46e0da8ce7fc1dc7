using System.Text;

namespace RaftStream.Client;

/// <summary>One record as read; its bytes are ordinary memory of the garbage collector, to be kept as long as wanted.</summary>
/// <remarks>
/// Neighbouring records share arrays of up to 32 KiB: keeping one record keeps its array. Copy what is to be kept for long.
/// </remarks>
public readonly record struct ConsumedRecord
{
    /// <summary>Where it was read.</summary>
    public NamedPartition Partition { get; init; }

    /// <summary>Its position in the partition.</summary>
    public long Offset { get; init; }

    /// <summary>Milliseconds since 1970 UTC, the producer's or the broker's as the topic says; -1 is none.</summary>
    public long TimestampMs { get; init; }

    /// <summary>The key; null when there is none.</summary>
    public ReadOnlyMemory<byte>? Key { get; init; }

    /// <summary>The payload; null is a tombstone.</summary>
    public ReadOnlyMemory<byte>? Value { get; init; }

    /// <summary>In the producer's order; keys may repeat.</summary>
    public IReadOnlyList<ConsumedHeader> Headers { get; init; }

    /// <summary>The key as UTF-8 text; null when there is none.</summary>
    public string? KeyText => Key is { } key ? Encoding.UTF8.GetString(key.Span) : null;

    /// <summary>The payload as UTF-8 text; null when there is none.</summary>
    public string? ValueText => Value is { } value ? Encoding.UTF8.GetString(value.Span) : null;
}

/// <summary>One header of a record that was read.</summary>
/// <param name="Value">Null is kept apart from empty.</param>
public readonly record struct ConsumedHeader(string Key, ReadOnlyMemory<byte>? Value);
