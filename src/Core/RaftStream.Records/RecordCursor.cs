using System.Runtime.CompilerServices;

namespace RaftStream.Records;

/// <summary>
/// A place in the records of one batch, which can be kept between reads (across awaits, for instance).
/// </summary>
/// <remarks>
/// Pass the same decompressed records to each read. Malformed records end the reading and show in <see cref="Check"/>.
/// </remarks>
public struct RecordCursor
{
    private readonly long _baseOffset;
    private readonly long _baseTimestamp;
    private readonly long _appendTime;
    private readonly int _count;
    private readonly int _lastOffsetDelta;
    private readonly bool _isLogAppendTime;
    private int _previousDelta;

    /// <summary>Starts before the first record of the batch with that header.</summary>
    public RecordCursor(scoped in RecordBatchHeader header)
    {
        _baseOffset = header.BaseOffset.Value;
        _baseTimestamp = header.BaseTimestamp;
        _appendTime = header.MaxTimestamp;
        _count = header.RecordCount;
        _lastOffsetDelta = header.LastOffsetDelta;
        _isLogAppendTime = header.TimestampType == TimestampType.LogAppendTime;
        _previousDelta = -1;
        Check = header.RecordCount < 0 ? new RecordCheck(RecordFault.NoRecords) : RecordCheck.Valid;
    }

    /// <summary>Where the next record begins, bytes from the front of the records.</summary>
    public int Position { get; private set; }

    /// <summary>Records read so far.</summary>
    public int Index { get; private set; }

    /// <summary>Valid until something malformed was found; then reading is over.</summary>
    public RecordCheck Check { get; private set; }

    /// <summary>Reads the next record.</summary>
    /// <param name="records">All records of the batch, decompressed.</param>
    /// <param name="record">Borrows <paramref name="records"/>.</param>
    /// <returns>False after the last record, or at a malformed one: see <see cref="Check"/>.</returns>
    public bool TryRead(ReadOnlySpan<byte> records, out RecordView record)
    {
        if (Index >= _count || !Check.IsValid)
        {
            record = default;
            return End(records);
        }

        int position = Position;
        RecordFault fault = CommonRecordParser.TryParse(records, ref position, out RecordLayout layout)
            ? RecordFault.None
            : RecordParser.Parse(records, ref position, out layout);
        if (fault == RecordFault.None
            && (layout.OffsetDelta <= _previousDelta || layout.OffsetDelta > _lastOffsetDelta))
        {
            fault = RecordFault.BadOffsetDelta;
        }

        if (fault != RecordFault.None)
        {
            record = default;
            return Fail(fault, isAtEnd: Position == records.Length);
        }

        record = new RecordView
        {
            OffsetDelta = layout.OffsetDelta,
            Offset = unchecked(_baseOffset + layout.OffsetDelta),
            TimestampMs = _isLogAppendTime ? _appendTime : unchecked(_baseTimestamp + layout.TimestampDelta),
            Key = RecordParser.Optional(records, layout.KeyAt, layout.KeyLength),
            Value = RecordParser.Optional(records, layout.ValueAt, layout.ValueLength),
            Headers = new RecordHeaders(records[layout.HeadersAt..position], layout.HeaderCount),
        };
        _previousDelta = layout.OffsetDelta;
        Position = position;
        Index++;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool End(ReadOnlySpan<byte> records)
    {
        if (Check.IsValid && Position != records.Length)
        {
            Check = new RecordCheck(RecordFault.TrailingBytes);
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Fail(RecordFault fault, bool isAtEnd)
    {
        // Nothing is left to read although the count promises more: say that rather than which field was cut first.
        Check = new RecordCheck(isAtEnd ? RecordFault.RecordCountMismatch : fault, Index);
        return false;
    }
}
