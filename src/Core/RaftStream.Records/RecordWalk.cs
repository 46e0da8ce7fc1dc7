using System.Buffers;
using System.Runtime.CompilerServices;

namespace RaftStream.Records;

/// <summary>Steps through the records of a produced batch and holds each against the topic's rules .</summary>
internal struct RecordWalk : IPieceSink
{
    private readonly long _baseTimestamp;
    private readonly int _count;
    private readonly int _shortestKey;
    private readonly long _minDelta;
    private readonly long _maxDelta;
    private readonly long _noTimestampDelta;
    private long _largestDelta;
    private int _index;
    private RecordFault _fault;
    private PartialRecord _partial;

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
        Take(records);
        return Finish();
    }

    /// <summary>Walks records that lie in several pieces, without joining them.</summary>
    public RecordCheck Run(in ReadOnlySequence<byte> records)
    {
        foreach (ReadOnlyMemory<byte> piece in records)
        {
            Take(piece.Span);
        }

        return Finish();
    }

    /// <summary>Walks on through the next piece of the records; keeps nothing of it.</summary>
    public void Take(ReadOnlySpan<byte> piece)
    {
        int position = 0;
        while (position < piece.Length && _fault == RecordFault.None)
        {
            if (_partial.IsOpen)
            {
                TakePartial(piece, ref position);
            }
            else if (_index == _count)
            {
                _fault = RecordFault.TrailingBytes;
            }
            else
            {
                _fault = WalkWhole(piece[position..], out int walked);
                position += walked;
                if (_index < _count && position < piece.Length && _fault == RecordFault.None)
                {
                    _partial.Begin(); // the record does not end in here, or its length is malformed
                }
            }
        }
    }

    /// <summary>The answer, once all pieces were taken.</summary>
    public readonly RecordCheck Finish()
    {
        RecordFault fault = _fault != RecordFault.None ? _fault
            : _partial.IsOpen ? _partial.CutFault
            : _index < _count ? RecordFault.RecordCountMismatch
            : RecordFault.None;
        bool isOfOneRecord = fault
            is not (RecordFault.None or RecordFault.RecordCountMismatch or RecordFault.TrailingBytes);
        return new RecordCheck(fault, isOfOneRecord ? _index : -1);
    }

    private void TakePartial(ReadOnlySpan<byte> piece, ref int position)
    {
        if (_partial.TryEnd(piece, ref position, out RecordLayout layout, out RecordFault fault))
        {
            _fault = fault == RecordFault.None ? Accept(layout) : fault;
        }
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

    private static Int128 Clamp(Int128 value) => Int128.Clamp(value, long.MinValue, long.MaxValue);

    private static long Saturate(Int128 value) => (long)Clamp(value);
}
