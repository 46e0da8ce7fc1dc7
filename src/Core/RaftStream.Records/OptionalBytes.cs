namespace RaftStream.Records;

/// <summary>A key or value: bytes, possibly none, or null, which is something else. Borrows the bytes.</summary>
public readonly ref struct OptionalBytes
{
    private readonly bool _isPresent;

    /// <summary>Bytes that are there, however many.</summary>
    public OptionalBytes(ReadOnlySpan<byte> bytes)
    {
        Span = bytes;
        _isPresent = true;
    }

    /// <summary>No key or no value; also the default.</summary>
    public static OptionalBytes Null => default;

    /// <summary>True when there is none.</summary>
    public bool IsNull => !_isPresent;

    /// <summary>The bytes; empty when null.</summary>
    public ReadOnlySpan<byte> Span { get; }

    /// <summary>Bytes in it; 0 when null.</summary>
    public int Length => Span.Length;

    /// <summary>The length as written: -1 for null.</summary>
    internal int EncodedLength => _isPresent ? Span.Length : -1;

    /// <summary>A copy of the bytes; null when null.</summary>
    public byte[]? ToArray() => _isPresent ? Span.ToArray() : null;

    public static implicit operator OptionalBytes(ReadOnlySpan<byte> bytes) => new(bytes);
    public static implicit operator OptionalBytes(Span<byte> bytes) => new(bytes);
    public static implicit operator OptionalBytes(byte[]? bytes) => bytes is null ? default : new OptionalBytes(bytes);
    public static implicit operator OptionalBytes(ReadOnlyMemory<byte> bytes) => new(bytes.Span);
}
