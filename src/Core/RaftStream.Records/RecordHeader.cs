using System.Text;

namespace RaftStream.Records;

/// <summary>One header of a record to be written: a UTF-8 key and a value that may be null (KIP-82). Keys may repeat.</summary>
public readonly struct RecordHeader
{
    /// <summary>A header of bytes that stay unchanged until the record is appended.</summary>
    /// <param name="key">UTF-8.</param>
    /// <param name="value">Null is kept apart from empty.</param>
    public RecordHeader(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte>? value)
    {
        Key = key;
        Value = value.GetValueOrDefault();
        IsValueNull = value is null;
    }

    /// <summary>A header with a text key, which is encoded here.</summary>
    public RecordHeader(string key, ReadOnlyMemory<byte>? value)
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
