using System.Buffers;
using System.Runtime.CompilerServices;

namespace RaftStream.Records;

/// <summary>Steps through the records of a produced batch and holds each against the topic's rules .</summary>
internal ref struct RecordWalk
{
    private readonly long _baseTimestamp;
    private readonly int _count;
    private readonly int _shortestKey;
    private readonly long _minDelta;
    private readonly long _maxDelta;
    private readonly long _noTimestampDelta;
    private long _largestDelta;
    private int _index;

    public RecordWalk(in RecordBatchHeader header, RecordBatchRules rules, long nowMs)
    {
        _baseTimestamp = header.BaseTimestamp;
        _count = header.RecordCount;
        _shortestKey = rules.AreKeysRequired ? 0 : -1;
        _largestDelta = long.MinValue;

        // as a range of deltas, so that a record costs one comparison and no sum can overflow.
        bool isLimited = rules.TimestampType == TimestampType.CreateTime;
        Int128 earliest = isLimited ? (Int128)nowMs - rules.TimestampBeforeMaxMs : Int128.MinValue;
        Int128 latest = isLimited ? (Int128)nowMs + rules.TimestampAfterMaxMs : Int128.MaxValue;
        _minDelta = Saturate(Clamp(earliest) - _baseTimestamp);
        _maxDelta = Saturate(Clamp(latest) - _baseTimestamp);
        _noTimestampDelta = Saturate((Int128)RecordBatchHeader.NoTimestamp - _baseTimestamp);
    }

    /// <summary>The largest timestamp found, ms; after a valid run.</summary>
    public readonly long MaxTimestamp => unchecked(_baseTimestamp + _largestDelta);

    /// <summary>Walks records that lie in one piece.</summary>
    public RecordCheck Run(ReadOnlySpan<byte> records)
    {
        RecordFault fault = WalkWhole(records, out int position);
        if (fault == RecordFault.None && _index < _count)
        {
            // The record does not end in here: parse it for the exact reason.
            fault = position == records.Length
                ? RecordFault.RecordCountMismatch
                : RecordParser.Parse(records, ref position, out _);
        }

        return Finish(fault, isAtEnd: position == records.Length);
    }

    /// <summary>Walks records that lie in several pieces, without joining them.</summary>
    public RecordCheck Run(in ReadOnlySequence<byte> records)
    {
        var reader = new SequenceReader<byte>(records);
        RecordFault fault = RecordFault.None;
        while (_index < _count && fault == RecordFault.None)
        {
            fault = WalkWhole(reader.UnreadSpan, out int position);
            reader.Advance(position);
            if (_index == _count || fault != RecordFault.None)
            {
                break;
            }

            // The next record crosses a border between pieces, or is malformed.
            RecordLayout layout = default;
            fault = reader.End ? RecordFault.RecordCountMismatch : SplitRecordParser.Parse(ref reader, out layout);
            fault = fault == RecordFault.None ? Accept(layout) : fault;
        }

        return Finish(fault, reader.End);
    }

    /// <summary>Walks the records that lie wholly in <paramref name="piece"/>, up to the first that does not.</summary>
    /// <param name="position">Where that one begins.</param>
    private RecordFault WalkWhole(ReadOnlySpan<byte> piece, out int position)
    {
        position = 0;
        while (_index < _count)
        {
            WalkCommon(piece, ref position);
            if (_index == _count)
            {
                break;
            }

            int at = position;
            if (!Varint.TryRead(piece, ref at, out int length) || length > piece.Length - at)
            {
                break;
            }

            if (length < RecordParser.MinRecordLength)
            {
                return RecordFault.BadRecordLength;
            }

            RecordFault fault = RecordParser.ParseBody(piece[..(at + length)], ref at, out RecordLayout layout);
            fault = fault == RecordFault.None ? Accept(layout) : fault;
            if (fault != RecordFault.None)
            {
                return fault;
            }

            position = at;
        }

        return RecordFault.None;
    }

    /// <summary>The hot loop: walks records of the common form that break no rule, up to the first other one.</summary>
    private void WalkCommon(ReadOnlySpan<byte> piece, ref int position)
    {
        int at = position;
        int index = _index;
        long largestDelta = _largestDelta;
        while (index < _count
            && CommonRecordParser.TryParse(piece, ref at, out RecordLayout layout)
            && FindBrokenRule(layout, index) == RecordFault.None)
        {
            largestDelta = Math.Max(largestDelta, layout.TimestampDelta);
            position = at;
            index++;
        }

        _index = index;
        _largestDelta = largestDelta;
    }

    private RecordFault Accept(in RecordLayout layout)
    {
        RecordFault fault = FindBrokenRule(layout, _index);
        if (fault == RecordFault.None)
        {
            _largestDelta = Math.Max(_largestDelta, layout.TimestampDelta);
            _index++;
        }

        return fault;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly RecordFault FindBrokenRule(in RecordLayout layout, int index)
    {
        if (layout.OffsetDelta != index)
        {
            return RecordFault.OffsetsNotDense;
        }

        if (layout.KeyLength < _shortestKey)
        {
            return RecordFault.KeyMissing;
        }

        long delta = layout.TimestampDelta;
        return (delta < _minDelta || delta > _maxDelta) && delta != _noTimestampDelta
            ? RecordFault.TimestampOutOfRange
            : RecordFault.None;
    }

    private readonly RecordCheck Finish(RecordFault fault, bool isAtEnd)
    {
        if (fault != RecordFault.None)
        {
            return new RecordCheck(fault, fault == RecordFault.RecordCountMismatch ? -1 : _index);
        }

        return isAtEnd ? RecordCheck.Valid : new RecordCheck(RecordFault.TrailingBytes);
    }

    private static Int128 Clamp(Int128 value) => Int128.Clamp(value, long.MinValue, long.MaxValue);

    private static long Saturate(Int128 value) => (long)Clamp(value);
}
