using System.Buffers;

namespace RaftStream.Kafka.Protocol;

/// <summary>
/// The value of a field of bytes or records: null, bytes that somebody lends, or, when writing, a hole of a known length that whoever
/// writes the frame fills itself (<see cref="FrameHoles"/>). The default is empty.
/// </summary>
public readonly struct WireBytes
{
    private readonly int _hole;

    /// <summary>Bytes that stay valid, and unchanged, as long as this.</summary>
    public WireBytes(ReadOnlySequence<byte> bytes) => Bytes = bytes;

    /// <summary>Bytes that stay valid, and unchanged, as long as this.</summary>
    public WireBytes(ReadOnlyMemory<byte> bytes) => Bytes = new ReadOnlySequence<byte>(bytes);

    private WireBytes(int hole, object? source)
    {
        _hole = hole;
        Source = source;
    }

    /// <summary>No value: what −1 says on the wire.</summary>
    public static WireBytes Null { get; } = new(-1, null);

    /// <summary>Leaves room for <paramref name="length"/> bytes that the codec never sees.</summary>
    /// <param name="length">Bytes; 0 is the same as empty.</param>
    /// <param name="source">Tells the one who fills the hole where the bytes are; for example a slice of a file.</param>
    public static WireBytes Hole(int length, object source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return new WireBytes(length, source);
    }

    /// <summary>The bytes; empty for null and for a hole.</summary>
    public ReadOnlySequence<byte> Bytes { get; }

    /// <summary>What fills the hole; null when this is none.</summary>
    public object? Source { get; }

    /// <summary>True for no value.</summary>
    public bool IsNull => _hole < 0;

    /// <summary>True when the bytes come from elsewhere.</summary>
    public bool IsHole => _hole > 0;

    /// <summary>True for a value without bytes.</summary>
    public bool IsEmpty => !IsNull && Length == 0;

    /// <summary>Bytes; 0 for null.</summary>
    public int Length => IsHole ? _hole : (int)Bytes.Length;
}
