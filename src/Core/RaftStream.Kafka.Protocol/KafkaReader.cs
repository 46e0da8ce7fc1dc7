using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace RaftStream.Kafka.Protocol;

/// <summary>Reads the values of one frame, front to back, in place.</summary>
/// <remarks>
/// Trusts nothing: each length and count is held against the bytes that are left and against <see cref="KafkaReaderLimits"/> before
/// anything is allocated, and whatever is wrong is a <see cref="KafkaProtocolException"/>. Bytes are handed out as slices of the frame.
/// </remarks>
public ref struct KafkaReader
{
    private readonly StringCache? _strings;
    private readonly int _maxStringBytes;
    private FrameCursor _cursor;
    private int _elementsLeft;

    /// <summary>Begins at the front of <paramref name="frame"/>, which is everything behind the size field.</summary>
    /// <param name="frame">Borrowed: what is read stays valid as long as it.</param>
    /// <param name="limits">Null for the defaults.</param>
    /// <param name="strings">Strings to use again; null to make a new one of each.</param>
    public KafkaReader(scoped in ReadOnlySequence<byte> frame, KafkaReaderLimits? limits = null, StringCache? strings = null)
    {
        if (frame.Length > int.MaxValue)
        {
            throw new KafkaProtocolException(KafkaProtocolError.OverLimit, "frame", 0, "A frame has at most 2 GiB.");
        }

        limits ??= KafkaReaderLimits.Default;
        _strings = strings;
        _maxStringBytes = limits.MaxStringBytes;
        _elementsLeft = limits.MaxElements;
        _cursor = new FrameCursor(frame);
    }

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _cursor.Remaining;

    /// <summary>Bytes read.</summary>
    public readonly int Consumed => _cursor.Length - _cursor.Remaining;

    /// <summary>Reads a byte; any but 0 is true.</summary>
    public bool ReadBool(string field) => ReadUInt8(field) != 0;

    /// <summary>Reads a signed byte.</summary>
    public sbyte ReadInt8(string field) => (sbyte)ReadUInt8(field);

    /// <summary>Reads two bytes, big-endian.</summary>
    public short ReadInt16(string field) => (short)ReadUInt16(field);

    /// <summary>Reads two bytes, big-endian, unsigned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ushort ReadUInt16(string field)
    {
        ReadOnlySpan<byte> here = _cursor.Here;
        if (here.Length < sizeof(ushort))
        {
            return (ushort)ReadSplit(sizeof(ushort), field);
        }

        _cursor.Advance(sizeof(ushort));
        return BinaryPrimitives.ReadUInt16BigEndian(here);
    }

    /// <summary>Reads four bytes, big-endian.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int ReadInt32(string field)
    {
        ReadOnlySpan<byte> here = _cursor.Here;
        if (here.Length < sizeof(int))
        {
            return (int)ReadSplit(sizeof(int), field);
        }

        _cursor.Advance(sizeof(int));
        return BinaryPrimitives.ReadInt32BigEndian(here);
    }

    /// <summary>Reads eight bytes, big-endian.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long ReadInt64(string field)
    {
        ReadOnlySpan<byte> here = _cursor.Here;
        if (here.Length < sizeof(long))
        {
            return (long)ReadSplit(sizeof(long), field);
        }

        _cursor.Advance(sizeof(long));
        return BinaryPrimitives.ReadInt64BigEndian(here);
    }

    /// <summary>Reads eight bytes, IEEE 754, big-endian.</summary>
    public double ReadFloat64(string field) => BitConverter.Int64BitsToDouble(ReadInt64(field));

    /// <summary>Reads sixteen bytes in the order in which they are printed.</summary>
    public Guid ReadUuid(string field)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, ReadInt64(field));
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], ReadInt64(field));
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>Reads a number of 7 bits a byte, lowest first, at most five bytes and 32 bits.</summary>
    public uint ReadVarUInt(string field)
    {
        uint value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            byte b = ReadUInt8(field);
            if (shift == 28 && b > 0x0F)
            {
                break;
            }

            value |= (uint)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Fault(KafkaProtocolError.BadLength, field, "has a variable-length number of more than 32 bits");
    }

    /// <summary>Reads a length and as many bytes of UTF-8; null only where it is allowed.</summary>
    public string? ReadString(bool compact, bool nullable, string field)
    {
        int length = compact ? ReadCompactLength(field) : ReadInt16(field);
        if (length < 0)
        {
            CheckNull(length, nullable, field);
            return null;
        }

        if (length > _maxStringBytes)
        {
            throw Fault(KafkaProtocolError.OverLimit, field, Text($"has {length} bytes, at most {_maxStringBytes} are allowed"));
        }

        CheckLeft(length, field);
        ReadOnlySpan<byte> here = _cursor.Here;
        if (length > here.Length)
        {
            return SplitString(length, field);
        }

        string text = Decode(here[..length], field);
        _cursor.Advance(length);
        return text;
    }

    /// <summary>Reads a length and as many bytes, which stay where they are; null only where it is allowed.</summary>
    public WireBytes ReadBytes(bool compact, bool nullable, string field)
    {
        int length = compact ? ReadCompactLength(field) : ReadInt32(field);
        if (length < 0)
        {
            CheckNull(length, nullable, field);
            return WireBytes.Null;
        }

        CheckLeft(length, field);
        return length == 0 ? default : new WireBytes(_cursor.Take(length));
    }

    /// <summary>Reads the count of an array; −1 for null, only where it is allowed.</summary>
    /// <param name="leastElement">The fewest bytes that one element takes: more elements than fit are refused before room is made for them.</param>
    public int ReadCount(bool compact, bool nullable, int leastElement, string field)
    {
        int count = compact ? ReadCompactLength(field) : ReadInt32(field);
        if (count < 0)
        {
            CheckNull(count, nullable, field);
            return -1;
        }

        if (count > Remaining / leastElement)
        {
            throw Fault(KafkaProtocolError.Truncated, field, Text($"has {count} elements, too many for the {Remaining} bytes left"));
        }

        _elementsLeft -= count;
        if (_elementsLeft < 0)
        {
            throw Fault(KafkaProtocolError.OverLimit, field, Text($"has {count} elements, more than the limit leaves"));
        }

        return count;
    }

    /// <summary>Reads the mark in front of a struct that may be null: below 0 says null.</summary>
    public bool ReadPresence(string field) => ReadInt8(field) >= 0;

    /// <summary>Reads the number of tagged fields.</summary>
    public int ReadTagCount(string field)
    {
        uint count = ReadVarUInt(field);
        if (count > (uint)Remaining / 2)
        {
            throw Fault(KafkaProtocolError.Truncated, field, Text($"has {count} tagged fields, too many for the {Remaining} bytes left"));
        }

        return (int)count;
    }

    /// <summary>Reads the tag and the size of a tagged field; tags ascend, so none comes twice (KIP-482).</summary>
    /// <param name="previous">The tag before it, −1 for none; becomes this one.</param>
    /// <param name="end">What <see cref="Remaining"/> is when the field was read.</param>
    public int ReadTag(ref int previous, out int end, string field)
    {
        uint tag = ReadVarUInt(field);
        if (tag > int.MaxValue)
        {
            throw Fault(KafkaProtocolError.BadLength, field, "has a tag above 2^31");
        }

        if ((int)tag <= previous)
        {
            throw Fault(KafkaProtocolError.BadTag, field, Text($"has tag {tag} after tag {previous}"));
        }

        uint size = ReadVarUInt(field);
        if (size > (uint)Remaining)
        {
            throw Fault(KafkaProtocolError.Truncated, field, Text($"has a tagged field of {size} bytes, {Remaining} are left"));
        }

        previous = (int)tag;
        end = Remaining - (int)size;
        return previous;
    }

    /// <summary>Checks that a tagged field was as long as it said.</summary>
    public readonly void EndTag(int end, string field)
    {
        if (Remaining != end)
        {
            throw Fault(KafkaProtocolError.BadTag, field, Text($"is {end - Remaining} bytes longer than its tag says"));
        }
    }

    /// <summary>Goes to the end of a tagged field that nobody knows.</summary>
    public void SkipTag(int end) => _cursor.Skip(Remaining - end);

    /// <summary>Goes past tagged fields where none is known.</summary>
    public void SkipTags(string field)
    {
        int previous = -1;
        for (int left = ReadTagCount(field); left > 0; left--)
        {
            ReadTag(ref previous, out int end, field);
            SkipTag(end);
        }
    }

    /// <summary>Checks that the frame was read to its end.</summary>
    public readonly void CheckEnd(string message)
    {
        if (Remaining != 0)
        {
            throw Fault(KafkaProtocolError.TrailingBytes, message, Text($"ends {Remaining} bytes before its frame"));
        }
    }

    /// <summary>Checks that a message is known in the version that a peer named.</summary>
    public readonly void CheckVersion(short version, int first, int last, string message)
    {
        if (version < first || version > last)
        {
            throw Fault(KafkaProtocolError.UnsupportedVersion, message, Text($"has versions {first} to {last}, not {version}"));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte ReadUInt8(string field)
    {
        ReadOnlySpan<byte> here = _cursor.Here;
        if (here.IsEmpty)
        {
            return (byte)ReadSplit(1, field);
        }

        _cursor.Advance(1);
        return here[0];
    }

    /// <summary>A compact length is one more than the length, and 0 for null.</summary>
    private int ReadCompactLength(string field)
    {
        uint value = ReadVarUInt(field);
        if (value > int.MaxValue)
        {
            throw Fault(KafkaProtocolError.BadLength, field, Text($"has a length of {value - 1}"));
        }

        return (int)value - 1;
    }

    private readonly void CheckNull(int length, bool nullable, string field)
    {
        if (length < -1)
        {
            throw Fault(KafkaProtocolError.BadLength, field, Text($"has a length of {length}"));
        }

        if (!nullable)
        {
            throw Fault(KafkaProtocolError.UnexpectedNull, field, "is null where this version allows none");
        }
    }

    private readonly void CheckLeft(int length, string field)
    {
        if (length > Remaining)
        {
            throw Fault(KafkaProtocolError.Truncated, field, Text($"needs {length} bytes, {Remaining} are left"));
        }
    }

    private readonly string Decode(ReadOnlySpan<byte> utf8, string field)
    {
        if (_strings is not null && _strings.TryGet(utf8, out string? known))
        {
            return known;
        }

        if (!Utf8.IsValid(utf8))
        {
            throw Fault(KafkaProtocolError.InvalidUtf8, field, "is no UTF-8");
        }

        string text = Encoding.UTF8.GetString(utf8);
        _strings?.Add(utf8, text);
        return text;
    }

    private string SplitString(int length, string field)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> bytes = rented.AsSpan(0, length);
            _cursor.CopyTo(bytes);
            return Decode(bytes, field);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Reads a number that does not lie in this segment alone.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ulong ReadSplit(int size, string field)
    {
        CheckLeft(size, field);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        _cursor.CopyTo(bytes[(sizeof(ulong) - size)..]);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    private readonly KafkaProtocolException Fault(KafkaProtocolError error, string field, string problem) =>
        new(error, field, Consumed, Text($"{field} {problem} (byte {Consumed} of {_cursor.Length})."));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
