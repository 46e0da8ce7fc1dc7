using System.Text;

namespace RaftStream.Records;

/// <summary>
/// One header of a record to be written: a UTF-8 key and a value that may be null (KIP-82). Keys may repeat.
/// </summary>
/// <remarks>Borrows its bytes: they stay unchanged until the record is appended.</remarks>
public readonly struct RecordHeader
{
    /// <summary>A header with a value that is there, however short.</summary>
    /// <param name="key">UTF-8.</param>
    public RecordHeader(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        Key = key;
        Value = value;
    }

    /// <summary>A header whose value may be null, which is kept apart from empty.</summary>
    /// <param name="key">UTF-8.</param>
    public RecordHeader(ReadOnlyMemory<byte> key, byte[]? value)
    {
        Key = key;
        Value = value;
        IsValueNull = value is null;
    }

    /// <inheritdoc cref="RecordHeader(ReadOnlyMemory{byte}, ReadOnlyMemory{byte})"/>
    /// <param name="key">Encoded here, which allocates.</param>
    public RecordHeader(string key, ReadOnlyMemory<byte> value)
        : this(Encoding.UTF8.GetBytes(key), value)
    {
    }

    /// <inheritdoc cref="RecordHeader(ReadOnlyMemory{byte}, byte[])"/>
    /// <param name="key">Encoded here, which allocates.</param>
    public RecordHeader(string key, byte[]? value)
        : this(Encoding.UTF8.GetBytes(key), value)
    {
    }

    /// <summary>UTF-8; possibly empty, never null.</summary>
    public ReadOnlyMemory<byte> Key { get; }

    /// <summary>The value; empty when null.</summary>
    public ReadOnlyMemory<byte> Value { get; }

    /// <summary>True when there is no value.</summary>
    public bool IsValueNull { get; }
}
