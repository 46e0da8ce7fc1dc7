using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace RaftStream.Kafka.Protocol;

/// <summary>Appends values to a buffer. Call <see cref="Flush"/> at the end.</summary>
/// <remarks>
/// What it is told to write is the caller's business, so nothing here is about bad peers: a value that the version cannot say is an
/// <see cref="InvalidOperationException"/>, and what was written before it is then to be thrown away.
/// </remarks>
public ref struct KafkaWriter
{
    private const int LeastSpan = 256;

    private readonly IBufferWriter<byte> _output;
    private readonly FrameHoles? _holes;
    private Span<byte> _span;
    private int _index;
    private int _flushed;

    /// <summary>Appends to <paramref name="output"/>.</summary>
    /// <param name="output">Gets the bytes.</param>
    /// <param name="holes">Gets the places of <see cref="WireBytes.Hole"/>; with null there must be none.</param>
    public KafkaWriter(IBufferWriter<byte> output, FrameHoles? holes = null)
    {
        _output = output;
        _holes = holes;
    }

    /// <summary>Bytes written, holes not counted.</summary>
    public readonly int Written => _flushed + _index;

    /// <summary>Tells the buffer how many bytes were written. Writing may go on.</summary>
    public void Flush()
    {
        if (_index > 0)
        {
            _output.Advance(_index);
            _flushed += _index;
            _index = 0;
        }

        _span = default;
    }

    /// <summary>Writes one byte, 0 or 1.</summary>
    public void WriteBool(bool value) => WriteUInt8(value ? (byte)1 : (byte)0);

    /// <summary>Writes a signed byte.</summary>
    public void WriteInt8(sbyte value) => WriteUInt8((byte)value);

    /// <summary>Writes a byte.</summary>
    public void WriteUInt8(byte value)
    {
        Reserve(1);
        _span[_index++] = value;
    }

    /// <summary>Writes two bytes, big-endian.</summary>
    public void WriteInt16(short value)
    {
        Reserve(sizeof(short));
        BinaryPrimitives.WriteInt16BigEndian(_span[_index..], value);
        _index += sizeof(short);
    }

    /// <summary>Writes two bytes, big-endian, unsigned.</summary>
    public void WriteUInt16(ushort value) => WriteInt16((short)value);

    /// <summary>Writes four bytes, big-endian.</summary>
    public void WriteInt32(int value)
    {
        Reserve(sizeof(int));
        BinaryPrimitives.WriteInt32BigEndian(_span[_index..], value);
        _index += sizeof(int);
    }

    /// <summary>Writes eight bytes, big-endian.</summary>
    public void WriteInt64(long value)
    {
        Reserve(sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(_span[_index..], value);
        _index += sizeof(long);
    }

    /// <summary>Writes eight bytes, IEEE 754, big-endian.</summary>
    public void WriteFloat64(double value) => WriteInt64(BitConverter.DoubleToInt64Bits(value));

    /// <summary>Writes sixteen bytes in the order in which they are printed.</summary>
    public void WriteUuid(Guid value)
    {
        const int Size = 16;
        Reserve(Size);
        value.TryWriteBytes(_span[_index..], bigEndian: true, out _);
        _index += Size;
    }

    /// <summary>Writes a number of 7 bits a byte, lowest first.</summary>
    public void WriteVarUInt(int value)
    {
        Reserve(5);
        uint rest = (uint)value;
        while (rest >= 0x80)
        {
            _span[_index++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        _span[_index++] = (byte)rest;
    }

    /// <summary>Writes a length and UTF-8.</summary>
    public void WriteString(string? text, bool compact, bool nullable, string field)
    {
        if (text is null)
        {
            CheckNull(nullable, field);
            if (compact)
            {
                WriteUInt8(0);
            }
            else
            {
                WriteInt16(-1);
            }

            return;
        }

        int length = Encoding.UTF8.GetByteCount(text);
        if (compact)
        {
            WriteVarUInt(length + 1);
        }
        else if (length <= short.MaxValue)
        {
            WriteInt16((short)length);
        }
        else
        {
            throw new InvalidOperationException(Text($"{field} has {length} bytes, at most {short.MaxValue} can be said."));
        }

        Reserve(length);
        _index += Encoding.UTF8.GetBytes(text, _span[_index..]);
    }

    /// <summary>Writes a length and copies bytes, or leaves a hole.</summary>
    public void WriteBytes(WireBytes bytes, bool compact, bool nullable, string field)
    {
        if (bytes.IsNull)
        {
            CheckNull(nullable, field);
        }

        int length = bytes.IsNull ? -1 : bytes.Length;
        if (compact)
        {
            WriteVarUInt(length + 1);
        }
        else
        {
            WriteInt32(length);
        }

        if (bytes.IsHole)
        {
            if (_holes is null)
            {
                throw new InvalidOperationException($"{field} is a hole, and nobody is there to fill it.");
            }

            _holes.Add(new FrameHole(Written, length, bytes.Source!));
        }
        else if (length > 0)
        {
            foreach (ReadOnlyMemory<byte> segment in bytes.Bytes)
            {
                WriteRaw(segment.Span);
            }
        }
    }

    /// <summary>Copies bytes as they are.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Reserve(1);
            int here = Math.Min(bytes.Length, _span.Length - _index);
            bytes[..here].CopyTo(_span[_index..]);
            _index += here;
            bytes = bytes[here..];
        }
    }

    /// <summary>Writes the count of an array; −1 says null.</summary>
    public void WriteCount(int count, bool compact, bool nullable, string field)
    {
        if (count < 0)
        {
            CheckNull(nullable, field);
        }

        if (compact)
        {
            WriteVarUInt(count + 1);
        }
        else
        {
            WriteInt32(count);
        }
    }

    /// <summary>Writes the mark in front of a struct where it may be null.</summary>
    public void WritePresence(bool present, bool nullable, string field)
    {
        if (nullable)
        {
            WriteInt8(present ? (sbyte)1 : (sbyte)-1);
        }
        else if (!present)
        {
            CheckNull(nullable, field);
        }
    }

    /// <summary>Refuses a version that the codec does not know.</summary>
    public static void CheckVersion(short version, int first, int last, string message)
    {
        if (version < first || version > last)
        {
            throw new InvalidOperationException(Text($"{message} has versions {first} to {last}, not {version}."));
        }
    }

    /// <summary>Refuses to lose a value.</summary>
    public static void FieldNotInVersion(string field, short version) =>
        throw new InvalidOperationException(Text($"{field} has a value, but version {version} has no such field."));

    private static void CheckNull(bool nullable, string field)
    {
        if (!nullable)
        {
            throw new InvalidOperationException($"{field} is null where this version allows none.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reserve(int count)
    {
        if (_span.Length - _index < count)
        {
            Grow(count);
        }
    }

    private void Grow(int count)
    {
        Flush();
        _span = _output.GetSpan(Math.Max(count, LeastSpan));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
