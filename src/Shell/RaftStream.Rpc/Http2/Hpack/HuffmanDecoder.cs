namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>Decodes Huffman-coded strings: one look-up for codes up to nine bits, a short scan for the rest.</summary>
internal static class HuffmanDecoder
{
    private const int ShortBits = 9;
    private const ushort NoShortCode = 0;

    // Per nine bits of input: length in the high byte, symbol in the low one; 0 when the code is longer.
    private static readonly ushort[] Short = BuildShort();

    // Symbols in code order; codes of one length are consecutive, from FirstCode[bits] at FirstPlace[bits].
    private static readonly ushort[] Ordered = new ushort[HuffmanCode.SymbolCount];
    private static readonly uint[] FirstCode = new uint[HuffmanCode.MaxBits + 2];
    private static readonly int[] FirstPlace = new int[HuffmanCode.MaxBits + 2];

    static HuffmanDecoder()
    {
        int place = 0;
        uint code = 0;
        for (int bits = 1; bits <= HuffmanCode.MaxBits; bits++)
        {
            FirstCode[bits] = code;
            FirstPlace[bits] = place;
            for (int symbol = 0; symbol < HuffmanCode.SymbolCount; symbol++)
            {
                if (HuffmanCode.Lengths[symbol] == bits)
                {
                    Ordered[place++] = (ushort)symbol;
                    code++;
                }
            }

            code <<= 1;
        }

        FirstPlace[HuffmanCode.MaxBits + 1] = place;
    }

    /// <summary>Upper bound of the decoded size: the shortest code has five bits.</summary>
    public static int MaxDecodedBytes(int encodedBytes) => (int)((long)encodedBytes * 8 / 5);

    /// <summary>Decodes all of <paramref name="input"/>.</summary>
    /// <param name="output">At least <see cref="MaxDecodedBytes"/> long.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="HpackException">The end-of-string symbol appears, or the padding is not fewer than eight
    /// ones (RFC 7541 §5.2).</exception>
    public static int Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        ulong bits = 0; // the next bits of the input, from the top
        int count = 0;
        int at = 0;
        int written = 0;
        while (true)
        {
            while (count <= 56 && at < input.Length)
            {
                bits |= (ulong)input[at++] << (56 - count);
                count += 8;
            }

            ushort entry = Short[bits >> (64 - ShortBits)];
            int length = entry != NoShortCode ? entry >> 8 : LongCodeLength((uint)(bits >> 32));
            if (length > count)
            {
                break; // only padding is left
            }

            int symbol = entry != NoShortCode ? entry & 0xFF : LongSymbol((uint)(bits >> 32), length);
            if (symbol == HuffmanCode.EndOfString)
            {
                throw new HpackException("A Huffman-coded string contains the end-of-string symbol.");
            }

            output[written++] = (byte)symbol;
            bits <<= length;
            count -= length;
        }

        if (count > 7 || (count > 0 && bits >> (64 - count) != (1UL << count) - 1))
        {
            throw new HpackException("A Huffman-coded string ends in the middle of a symbol.");
        }

        return written;
    }

    private static int LongCodeLength(uint window)
    {
        int bits = ShortBits + 1;
        while (bits < HuffmanCode.MaxBits && window >> (32 - bits) >= EndOfLength(bits))
        {
            bits++;
        }

        return bits;
    }

    private static int LongSymbol(uint window, int bits) =>
        Ordered[FirstPlace[bits] + (int)((window >> (32 - bits)) - FirstCode[bits])];

    // First code beyond those of this length.
    private static uint EndOfLength(int bits) => FirstCode[bits] + (uint)(FirstPlace[bits + 1] - FirstPlace[bits]);

    private static ushort[] BuildShort()
    {
        var table = new ushort[1 << ShortBits];
        for (int symbol = 0; symbol < 256; symbol++)
        {
            int length = HuffmanCode.Lengths[symbol];
            if (length > ShortBits)
            {
                continue;
            }

            int first = (int)(HuffmanCode.Codes[symbol] << (ShortBits - length));
            Array.Fill(table, (ushort)((length << 8) | symbol), first, 1 << (ShortBits - length));
        }

        return table;
    }
}
