using System.Numerics;
using System.Runtime.CompilerServices;

namespace RaftStream.Records;

/// <summary>
/// Zig-zag variable-length integers, low seven bits first, as the fields of a record are written (KIP-98).
/// </summary>
internal static class Varint
{
    /// <summary>Most bytes of a 32-bit value.</summary>
    public const int MaxInt32Size = 5;

    /// <summary>Bytes that <see cref="Write(Span{byte}, int)"/> takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeOf(int value) => SizeOfUnsigned(ZigZag(value));

    /// <summary>Bytes that <see cref="Write(Span{byte}, long)"/> takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int SizeOf(long value) => SizeOfUnsigned(ZigZag(value));

    /// <summary>Writes <paramref name="value"/> at the front of <paramref name="destination"/>.</summary>
    /// <returns>Bytes written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(Span<byte> destination, int value) => WriteUnsigned(destination, ZigZag(value));

    /// <inheritdoc cref="Write(Span{byte}, int)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Write(Span<byte> destination, long value) => WriteUnsigned(destination, ZigZag(value));

    /// <summary>Reads a 32-bit value at <paramref name="position"/> and steps over it.</summary>
    /// <returns>False, with the position unchanged, when it is cut, over-long or out of range.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> source, ref int position, out int value)
    {
        int at = position;
        if ((uint)at < (uint)source.Length)
        {
            uint first = source[at];
            if (first < 0x80)
            {
                value = UnZigZag(first);
                position = at + 1;
                return true;
            }

            if ((uint)(at + 1) < (uint)source.Length && source[at + 1] < 0x80)
            {
                value = UnZigZag((first & 0x7F) | ((uint)source[at + 1] << 7));
                position = at + 2;
                return true;
            }
        }

        return TryReadLong(source, ref position, out value);
    }

    /// <summary>Reads a 64-bit value at <paramref name="position"/> and steps over it.</summary>
    /// <inheritdoc cref="TryRead(ReadOnlySpan{byte}, ref int, out int)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> source, ref int position, out long value)
    {
        int at = position;
        if ((uint)at < (uint)source.Length && source[at] < 0x80)
        {
            value = UnZigZag((ulong)source[at]);
            position = at + 1;
            return true;
        }

        return TryReadLong(source, ref position, out value);
    }

    /// <summary>Adds one byte of a 32-bit value that is read bytewise.</summary>
    /// <param name="shift">0, 7, 14... before the byte.</param>
    /// <returns>False when the byte cannot belong to a 32-bit value.</returns>
    public static bool TryAccumulate(ref ulong bits, int shift, byte next, int width)
    {
        // The last possible byte may only hold the bits that are left of the width.
        int left = width - shift;
        if (left <= 0 || (left < 7 && (next & 0x7F) >> left != 0) || (left <= 7 && next >= 0x80))
        {
            return false;
        }

        bits |= (ulong)(next & 0x7F) << shift;
        return true;
    }

    public static int UnZigZag(uint bits) => (int)(bits >> 1) ^ -(int)(bits & 1);

    public static long UnZigZag(ulong bits) => (long)(bits >> 1) ^ -(long)(bits & 1);

    private static uint ZigZag(int value) => (uint)((value << 1) ^ (value >> 31));

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    // Seven bits to a byte: (64 - leading zeros + 6) / 7, with at least one bit, and 9/64 close enough to 1/7 up to 64.
    private static int SizeOfUnsigned(ulong bits) => (((BitOperations.Log2(bits | 1) * 9) + 73) >> 6);

    private static int WriteUnsigned(Span<byte> destination, ulong bits)
    {
        int at = 0;
        while (bits >= 0x80)
        {
            destination[at++] = (byte)(bits | 0x80);
            bits >>= 7;
        }

        destination[at] = (byte)bits;
        return at + 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryReadLong(ReadOnlySpan<byte> source, ref int position, out int value)
    {
        bool read = TryReadUnsigned(source, ref position, 32, out ulong bits);
        value = UnZigZag((uint)bits);
        return read;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryReadLong(ReadOnlySpan<byte> source, ref int position, out long value)
    {
        bool read = TryReadUnsigned(source, ref position, 64, out ulong bits);
        value = UnZigZag(bits);
        return read;
    }

    private static bool TryReadUnsigned(ReadOnlySpan<byte> source, ref int position, int width, out ulong bits)
    {
        bits = 0;
        int at = position;
        for (int shift = 0; (uint)at < (uint)source.Length; shift += 7)
        {
            byte next = source[at++];
            if (!TryAccumulate(ref bits, shift, next, width))
            {
                break;
            }

            if (next < 0x80)
            {
                position = at;
                return true;
            }
        }

        bits = 0;
        return false;
    }
}
