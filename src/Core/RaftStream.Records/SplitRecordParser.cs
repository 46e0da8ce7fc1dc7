using System.Buffers;

namespace RaftStream.Records;

/// <summary>Takes a record apart that crosses a border between pieces of memory, without joining them.</summary>
/// <remarks>
/// The slow twin of <see cref="RecordParser"/>: a property test holds their answers against each other.
/// </remarks>
internal static class SplitRecordParser
{
    /// <summary>Reads the record at the reader's place and steps over it.</summary>
    /// <param name="layout">Deltas, lengths and header count; its positions are not set.</param>
    /// <returns>As <see cref="RecordParser.Parse"/> for the same bytes in one piece.</returns>
    public static RecordFault Parse(ref SequenceReader<byte> reader, out RecordLayout layout)
    {
        layout = default;
        long left = reader.Remaining;
        if (!TryRead(ref reader, ref left, out int length))
        {
            return RecordFault.BadVarint;
        }

        if (length < RecordParser.MinRecordLength || length > left)
        {
            return RecordFault.BadRecordLength;
        }

        left = length - 1;
        reader.Advance(1);
        if (!TryRead(ref reader, ref left, 64, out ulong timestampDelta)
            || !TryRead(ref reader, ref left, out layout.OffsetDelta)
            || !TryRead(ref reader, ref left, out layout.KeyLength))
        {
            return RecordFault.BadVarint;
        }

        layout.TimestampDelta = Varint.UnZigZag(timestampDelta);
        if (!TrySkip(ref reader, ref left, layout.KeyLength))
        {
            return RecordFault.BadRecordField;
        }

        if (!TryRead(ref reader, ref left, out layout.ValueLength))
        {
            return RecordFault.BadVarint;
        }

        if (!TrySkip(ref reader, ref left, layout.ValueLength))
        {
            return RecordFault.BadRecordField;
        }

        if (!TryRead(ref reader, ref left, out layout.HeaderCount))
        {
            return RecordFault.BadVarint;
        }

        return SkipHeaders(ref reader, left, layout.HeaderCount);
    }

    private static RecordFault SkipHeaders(ref SequenceReader<byte> reader, long left, int count)
    {
        if (count < 0)
        {
            return RecordFault.BadHeaders;
        }

        for (int i = 0; i < count; i++)
        {
            if (!TryRead(ref reader, ref left, out int keyLength) || keyLength < 0
                || !TrySkip(ref reader, ref left, keyLength)
                || !TryRead(ref reader, ref left, out int valueLength)
                || !TrySkip(ref reader, ref left, valueLength))
            {
                return RecordFault.BadHeaders;
            }
        }

        return left == 0 ? RecordFault.None : RecordFault.BadRecordField;
    }

    private static bool TryRead(ref SequenceReader<byte> reader, ref long left, out int value)
    {
        bool isRead = TryRead(ref reader, ref left, 32, out ulong bits);
        value = Varint.UnZigZag((uint)bits);
        return isRead;
    }

    private static bool TryRead(ref SequenceReader<byte> reader, ref long left, int width, out ulong bits)
    {
        bits = 0;
        for (int shift = 0; left > 0 && reader.TryRead(out byte next); shift += 7)
        {
            left--;
            if (!Varint.TryAccumulate(ref bits, shift, next, width))
            {
                return false;
            }

            if (next < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private static bool TrySkip(ref SequenceReader<byte> reader, ref long left, int length)
    {
        if (length <= 0)
        {
            return length >= -1;
        }

        if (length > left)
        {
            return false;
        }

        reader.Advance(length);
        left -= length;
        return true;
    }
}
