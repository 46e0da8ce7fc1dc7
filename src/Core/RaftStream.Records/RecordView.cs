namespace RaftStream.Records;

/// <summary>One record in place: valid as long as the bytes it was read from.</summary>
public readonly ref struct RecordView
{
    /// <summary>Position of the record in its batch as produced, from 0.</summary>
    public int OffsetDelta { get; internal init; }

    /// <summary>Offset in the log, when the batch comes from one.</summary>
    public long Offset { get; internal init; }

    /// <summary>Ms since 1970, the producer's or the leader's as the batch says; -1 is none.</summary>
    public long TimestampMs { get; internal init; }

    /// <summary>The key, or null.</summary>
    public OptionalBytes Key { get; internal init; }

    /// <summary>The value, or null: a tombstone in a compacted topic.</summary>
    public OptionalBytes Value { get; internal init; }

    /// <summary>The headers, in the producer's order.</summary>
    public RecordHeaders Headers { get; internal init; }

    /// <summary>True when there is no key.</summary>
    public bool IsKeyNull => Key.IsNull;

    /// <summary>True when there is no value.</summary>
    public bool IsValueNull => Value.IsNull;
}
