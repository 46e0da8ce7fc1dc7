using System.Buffers;
using System.Numerics;
using Google.Protobuf;

namespace RaftStream.Contracts.Wire;

/// <summary>Sizes of protobuf fields, in bytes, tag included; a field at its default value takes none (proto3).</summary>
/// <remarks>All field numbers here are below 16: a tag is one byte.</remarks>
public static class ProtoSize
{
    /// <summary>Bytes of a varint: 1 to 10.</summary>
    public static int Varint(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>Bytes of an integer field.</summary>
    public static int Field(long value) => value == 0 ? 0 : 1 + Varint((ulong)value);

    /// <summary>Bytes of a string or bytes field of <paramref name="length"/> bytes.</summary>
    public static int Field(int length, bool evenIfEmpty) =>
        length == 0 && !evenIfEmpty ? 0 : 1 + Varint((uint)length) + length;
}

/// <summary>Writes protobuf fields in front of each other into memory that is known to be large enough.</summary>
/// <remarks>All field numbers here are below 16: a tag is one byte.</remarks>
public ref struct ProtoWriter(Span<byte> output)
{
    private readonly Span<byte> _output = output;

    /// <summary>Bytes written so far.</summary>
    public int Written { get; private set; }

    /// <summary>Writes an integer or enum field, unless it is 0.</summary>
    public void Field(int number, long value)
    {
        if (value != 0)
        {
            Tag(number, WireFormat.WireType.Varint);
            Varint((ulong)value);
        }
    }

    /// <summary>Writes a string or bytes field, unless it is empty.</summary>
    public void Field(int number, scoped ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            FieldEvenIfEmpty(number, bytes);
        }
    }

    /// <summary>Writes a string or bytes field that is present, as of an <c>optional</c> one.</summary>
    public void FieldEvenIfEmpty(int number, scoped ReadOnlySpan<byte> bytes)
    {
        LengthPrefix(number, bytes.Length);
        bytes.CopyTo(_output[Written..]);
        Written += bytes.Length;
    }

    /// <summary>Writes a message of a generated class, if there is one.</summary>
    public void Message(int number, IMessage? message, int size)
    {
        if (message is not null)
        {
            LengthPrefix(number, size);
            message.WriteTo(_output.Slice(Written, size));
            Written += size;
        }
    }

    /// <summary>Writes the tag and the length of a field whose bytes follow.</summary>
    public void LengthPrefix(int number, int length)
    {
        Tag(number, WireFormat.WireType.LengthDelimited);
        Varint((uint)length);
    }

    private void Tag(int number, WireFormat.WireType type) => _output[Written++] = (byte)((number << 3) | (int)type);

    private void Varint(ulong value)
    {
        while (value >= 0x80)
        {
            _output[Written++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _output[Written++] = (byte)value;
    }
}

/// <summary>Copies between the pieces of a sequence and a writer's memory.</summary>
public static class BufferWriterExtensions
{
    /// <summary>Appends all bytes of <paramref name="bytes"/>, piece by piece.</summary>
    public static void Write(this IBufferWriter<byte> output, in ReadOnlySequence<byte> bytes)
    {
        foreach (ReadOnlyMemory<byte> piece in bytes)
        {
            output.Write(piece.Span);
        }
    }
}
