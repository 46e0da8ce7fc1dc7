namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>Integers with an N-bit prefix (RFC 7541 §5.1).</summary>
/// <remarks>
/// <code>
///   0   1   2   3   4   5   6   7
/// +---+---+---+---+---+---+---+---+
/// | flags     | value, or all ones|   below 2^N-1 the value is the prefix itself;
/// +---+-----------+---------------+   else the rest follows in groups of seven bits,
/// | 1 |  value - (2^N-1), low 7   |   least significant first, the high bit set
/// +---+---------------------------+   on every byte but the last
/// </code>
/// </remarks>
internal static class HpackInteger
{
    /// <summary>Longest encoding of any integer that <see cref="Write"/> writes: prefix byte and five groups.</summary>
    public const int MaxBytes = 6;

    /// <summary>Takes one integer off the front of <paramref name="input"/>.</summary>
    /// <param name="prefixBits">Bits of the first byte that belong to the value, 1 to 8.</param>
    /// <returns>0 to 2^31-1: more is of no use in any field of HPACK.</returns>
    /// <exception cref="HpackException">The input ends inside the integer, or it is above 2^31-1, or it is padded
    /// with more empty groups than such a value can need.</exception>
    public static int Read(ref ReadOnlySpan<byte> input, int prefixBits)
    {
        if (input.IsEmpty)
        {
            throw new HpackException("The header block ends where an integer should begin.");
        }

        int max = (1 << prefixBits) - 1;
        int prefix = input[0] & max;
        if (prefix < max)
        {
            input = input[1..];
            return prefix;
        }

        long value = max;
        for (int at = 1, shift = 0; shift <= 28; at++, shift += 7)
        {
            if (at >= input.Length)
            {
                throw new HpackException("The header block ends inside an integer.");
            }

            value += (long)(input[at] & 0x7F) << shift;
            if (value > int.MaxValue)
            {
                break;
            }

            if ((input[at] & 0x80) == 0)
            {
                input = input[(at + 1)..];
                return (int)value;
            }
        }

        throw new HpackException("An integer in the header block is above 2^31-1.");
    }

    /// <summary>Writes <paramref name="value"/> with <paramref name="flags"/> in the bits above the prefix.</summary>
    /// <returns>Bytes written, at most <see cref="MaxBytes"/>.</returns>
    public static int Write(Span<byte> output, int value, int prefixBits, byte flags)
    {
        int max = (1 << prefixBits) - 1;
        if (value < max)
        {
            output[0] = (byte)(flags | value);
            return 1;
        }

        output[0] = (byte)(flags | max);
        int written = 1;
        for (value -= max; value >= 0x80; value >>= 7)
        {
            output[written++] = (byte)(0x80 | value);
        }

        output[written++] = (byte)value;
        return written;
    }
}
