namespace RaftStream.Records;

/// <summary>Takes a record apart that comes in several pieces, and keeps none of their bytes.</summary>
/// <remarks>
/// The slow twin of <see cref="RecordParser"/>: a property test holds their answers against each other. Its size does
/// not depend on the record's, so that a record of a gigabyte costs what a small one does.
/// </remarks>
internal struct PartialRecord
{
    private RecordLayout _layout;
    private Field _field;
    private RecordFault _fault;
    private ulong _bits;
    private int _shift;
    private int _left;
    private int _skip;
    private int _headersLeft;

    /// <summary>The field whose bytes come next.</summary>
    private enum Field : byte
    {
        Closed,
        Length,
        Attributes,
        TimestampDelta,
        OffsetDelta,
        KeyLength,
        ValueLength,
        HeaderCount,
        HeaderKeyLength,
        HeaderValueLength,
        End,
    }

    /// <summary>True when a record was begun and its last byte has not come.</summary>
    public readonly bool IsOpen => _field != Field.Closed;

    /// <summary>What is wrong when no more pieces come.</summary>
    public readonly RecordFault CutFault =>
        _field == Field.Length ? RecordFault.BadVarint : RecordFault.BadRecordLength;

    /// <summary>Starts with the first byte of a record.</summary>
    public void Begin() => this = new PartialRecord { _field = Field.Length };

    /// <summary>Reads on at <paramref name="position"/>, at most up to the record's end.</summary>
    /// <param name="layout">Deltas, lengths and header count; its positions are not set.</param>
    /// <param name="fault">As <see cref="RecordParser.Parse"/> for the same bytes in one piece.</param>
    /// <returns>False when the piece ends before the record does.</returns>
    /// <remarks>
    /// Something wrong inside a record is told at the record's end only: when that never comes, the length is wrong.
    /// </remarks>
    public bool TryEnd(ReadOnlySpan<byte> piece, ref int position, out RecordLayout layout, out RecordFault fault)
    {
        fault = RecordFault.None;
        layout = default;
        if (_field == Field.Length && !TryReadLength(piece, ref position, out fault))
        {
            return fault != RecordFault.None;
        }

        while (_left > 0 && position < piece.Length)
        {
            if (_skip > 0)
            {
                int skipped = Math.Min(_skip, piece.Length - position);
                position += skipped;
                _left -= skipped;
                _skip -= skipped;
            }
            else
            {
                _left--;
                TakeByte(piece[position++]);
            }
        }

        if (_left > 0)
        {
            return false;
        }

        bool isCut = _fault == RecordFault.None && _field != Field.End;
        fault = isCut ? MalformedFault : _fault;
        layout = _layout;
        _field = Field.Closed;
        return true;
    }

    /// <summary>A field that is not the number that it should be.</summary>
    private readonly RecordFault MalformedFault =>
        _field >= Field.HeaderKeyLength ? RecordFault.BadHeaders : RecordFault.BadVarint;

    private bool TryReadLength(ReadOnlySpan<byte> piece, ref int position, out RecordFault fault)
    {
        while (position < piece.Length)
        {
            byte next = piece[position++];
            if (!Varint.TryAccumulate(ref _bits, _shift, next, width: 32))
            {
                return Close(RecordFault.BadVarint, out fault);
            }

            _shift += 7;
            if (next < 0x80)
            {
                _left = Varint.UnZigZag((uint)TakeBits());
                if (_left < RecordParser.MinRecordLength)
                {
                    return Close(RecordFault.BadRecordLength, out fault);
                }

                _field = Field.Attributes;
                fault = RecordFault.None;
                return true;
            }
        }

        fault = RecordFault.None;
        return false;
    }

    private bool Close(RecordFault wrong, out RecordFault fault)
    {
        _field = Field.Closed;
        fault = wrong;
        return false;
    }

    private void TakeByte(byte next)
    {
        if (_field == Field.Attributes)
        {
            _field = Field.TimestampDelta; // no attribute of a record has a meaning yet
            return;
        }

        if (!Varint.TryAccumulate(ref _bits, _shift, next, _field == Field.TimestampDelta ? 64 : 32))
        {
            Fail(MalformedFault);
            return;
        }

        _shift += 7;
        if (next < 0x80)
        {
            TakeField(TakeBits());
        }
    }

    private ulong TakeBits()
    {
        ulong bits = _bits;
        _bits = 0;
        _shift = 0;
        return bits;
    }

    private void TakeField(ulong bits)
    {
        int value = Varint.UnZigZag((uint)bits);
        switch (_field)
        {
            case Field.TimestampDelta:
                _layout.TimestampDelta = Varint.UnZigZag(bits);
                _field = Field.OffsetDelta;
                break;
            case Field.OffsetDelta:
                _layout.OffsetDelta = value;
                _field = Field.KeyLength;
                break;
            case Field.KeyLength:
                _layout.KeyLength = value;
                Skip(value, least: -1, RecordFault.BadRecordField, Field.ValueLength);
                break;
            case Field.ValueLength:
                _layout.ValueLength = value;
                Skip(value, least: -1, RecordFault.BadRecordField, Field.HeaderCount);
                break;
            case Field.HeaderCount:
                _layout.HeaderCount = value;
                _headersLeft = value;
                _field = Field.HeaderKeyLength;
                EndHeader();
                break;
            case Field.HeaderKeyLength:
                Skip(value, least: 0, RecordFault.BadHeaders, Field.HeaderValueLength);
                break;
            default:
                _headersLeft--;
                Skip(value, least: -1, RecordFault.BadHeaders, Field.HeaderKeyLength);
                EndHeader();
                break;
        }
    }

    /// <summary>Steps over the bytes of a key or value; -1 is null and takes none.</summary>
    private void Skip(int length, int least, RecordFault fault, Field next)
    {
        _field = next;
        if (length < least || length > _left)
        {
            Fail(fault);
            return;
        }

        _skip = Math.Max(length, 0);
    }

    private void EndHeader()
    {
        if (_fault != RecordFault.None || _headersLeft > 0)
        {
            return;
        }

        _field = Field.End;
        if (_headersLeft < 0)
        {
            Fail(RecordFault.BadHeaders);
        }
        else if (_skip < _left)
        {
            Fail(RecordFault.BadRecordField);
        }
    }

    private void Fail(RecordFault fault)
    {
        _fault = fault;
        _skip = _left;
    }
}
