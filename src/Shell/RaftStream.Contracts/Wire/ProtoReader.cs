using System.Buffers;
using Google.Protobuf;

namespace RaftStream.Contracts.Wire;

/// <summary>Walks the fields of one protobuf message in place; slices instead of copying.</summary>
/// <remarks>
/// Every length is checked against what is left before anything is sliced. Unknown fields are skipped, groups to the
/// depth that Google.Protobuf allows. The slices borrow the memory of the input.
/// </remarks>
/// <exception cref="MalformedMessageException">From every reading member, when the bytes are not protobuf.</exception>
public ref struct ProtoReader(scoped in ReadOnlySequence<byte> input)
{
    /// <summary>Deepest nesting of unknown groups, as Google.Protobuf's recursion limit.</summary>
    public const int MaxGroupDepth = 100;

    private const int WireTypeBits = 3;

    private SequenceReader<byte> _reader = new(input);

    /// <summary>Reads the next field's tag; false at the end of the message.</summary>
    public bool TryReadTag(out uint tag)
    {
        tag = 0;
        if (_reader.End)
        {
            return false;
        }

        ulong value = ReadVarint();
        if (value > uint.MaxValue || value >> WireTypeBits == 0)
        {
            throw new MalformedMessageException("A field has an impossible number.");
        }

        tag = (uint)value;
        return true;
    }

    /// <summary>Reads a varint of up to 64 bits.</summary>
    public ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (!_reader.TryRead(out byte b))
            {
                throw Truncated();
            }

            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new MalformedMessageException("A number has more than ten bytes.");
    }

    /// <summary>Reads an <c>int32</c> or an enum; like every protobuf reader it drops the upper half.</summary>
    public int ReadInt32() => (int)ReadVarint();

    /// <summary>Reads an <c>int64</c>.</summary>
    public long ReadInt64() => (long)ReadVarint();

    /// <summary>Reads a length-delimited field: its bytes, borrowed.</summary>
    public ReadOnlySequence<byte> ReadBytes()
    {
        ulong length = ReadVarint();
        if (length > (ulong)_reader.Remaining)
        {
            throw Truncated();
        }

        ReadOnlySequence<byte> bytes = _reader.UnreadSequence.Slice(0, (long)length);
        _reader.Advance((long)length);
        return bytes;
    }

    /// <summary>Steps over the value of a field that this reader does not know.</summary>
    public void Skip(uint tag) => Skip(tag, depth: 0);

    private void Skip(uint tag, int depth)
    {
        switch ((WireFormat.WireType)(tag & ((1 << WireTypeBits) - 1)))
        {
            case WireFormat.WireType.Varint:
                ReadVarint();
                break;
            case WireFormat.WireType.Fixed64:
                Advance(sizeof(ulong));
                break;
            case WireFormat.WireType.Fixed32:
                Advance(sizeof(uint));
                break;
            case WireFormat.WireType.LengthDelimited:
                ReadBytes();
                break;
            case WireFormat.WireType.StartGroup:
                SkipGroup(tag, depth);
                break;
            default:
                throw new MalformedMessageException("A field has an unknown wire type or ends a group that never began.");
        }
    }

    private void SkipGroup(uint startTag, int depth)
    {
        if (depth == MaxGroupDepth)
        {
            throw new MalformedMessageException("Groups are nested too deeply.");
        }

        uint endTag = (startTag & ~7u) | (uint)WireFormat.WireType.EndGroup;
        while (TryReadTag(out uint tag))
        {
            if (tag == endTag)
            {
                return;
            }

            Skip(tag, depth + 1);
        }

        throw Truncated();
    }

    private void Advance(int count)
    {
        if (_reader.Remaining < count)
        {
            throw Truncated();
        }

        _reader.Advance(count);
    }

    private static MalformedMessageException Truncated() => new("The message ends in the middle of a field.");
}
