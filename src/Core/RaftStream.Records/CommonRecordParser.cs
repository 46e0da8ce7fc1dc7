using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RaftStream.Records;

/// <summary>
/// The fast way through records of the common form: no headers, fields of at most three bytes, room behind them.
/// </summary>
/// <remarks>
/// It never says what is wrong: whatever is out of the common is left to <see cref="RecordParser"/>. Unchecked reads
/// stay inside the source because a record is only begun with <see cref="Margin"/> bytes in front of it, and every
/// later read is at or before the record's end, which has room for one more read behind it.
/// </remarks>
internal static class CommonRecordParser
{
    /// <summary>More than length, attributes, deltas and key length take (13), and one four-byte read behind.</summary>
    private const int Margin = 24;

    private const uint TooLong = uint.MaxValue;

    /// <summary>Reads the record at <paramref name="position"/> and steps over it, if it is a common one.</summary>
    /// <returns>False, with the position unchanged, for every other record, good or bad.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryParse(ReadOnlySpan<byte> source, ref int position, out RecordLayout layout)
    {
        Unsafe.SkipInit(out layout);
        int room = source.Length - position;
        if (room < Margin)
        {
            return false;
        }

        ref byte record = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), (uint)position);
        uint at = 0;
        uint length = ReadUpToThree(ref record, ref at);
        uint end = at + (length >> 1);
        if ((length & 1) != 0 || end > (uint)room - sizeof(uint)) // odd is negative
        {
            return false;
        }

        at++; // attributes
        uint timestampDelta = ReadUpToThree(ref record, ref at);
        uint offsetDelta = ReadUpToThree(ref record, ref at);
        uint keyLength = ReadUpToThree(ref record, ref at);
        layout.KeyAt = position + (int)at;
        if (timestampDelta == TooLong || offsetDelta == TooLong || !TrySkip(keyLength, ref at, end))
        {
            return false;
        }

        uint valueLength = ReadUpToThree(ref record, ref at);
        layout.ValueAt = position + (int)at;
        if (!TrySkip(valueLength, ref at, end) || Unsafe.Add(ref record, at) != 0 || at + 1 != end)
        {
            return false;
        }

        layout.TimestampDelta = Varint.UnZigZag(timestampDelta);
        layout.OffsetDelta = Varint.UnZigZag(offsetDelta);
        layout.KeyLength = Varint.UnZigZag(keyLength);
        layout.ValueLength = Varint.UnZigZag(valueLength);
        layout.HeaderCount = 0;
        position += (int)end;
        layout.HeadersAt = position;
        return true;
    }

    /// <summary>The bits, still zig-zagged, of a value of at most three bytes; else <see cref="TooLong"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ReadUpToThree(ref byte record, ref uint at)
    {
        uint word = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref record, at));
        if ((word & 0x80) == 0)
        {
            at += 1;
            return word & 0x7F;
        }

        if ((word & 0x8000) == 0)
        {
            at += 2;
            return (word & 0x7F) | ((word >> 1) & 0x3F80);
        }

        at += 3;
        return (word & 0x80_0000) == 0 ? (word & 0x7F) | ((word >> 1) & 0x3F80) | ((word >> 2) & 0x1F_C000) : TooLong;
    }

    /// <summary>Steps over a key or value; -1, which is null, is the only odd number that is a length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TrySkip(uint zigZagLength, ref uint at, uint end)
    {
        if ((zigZagLength & 1) != 0)
        {
            return zigZagLength == 1 && at < end;
        }

        at += zigZagLength >> 1;
        return at < end;
    }
}
