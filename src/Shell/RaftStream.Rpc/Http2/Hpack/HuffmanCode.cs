namespace RaftStream.Rpc.Http2.Hpack;

/// <summary>The Huffman code of HPACK (RFC 7541 appendix B).</summary>
/// <remarks>
/// The code is canonical: sorted by length and then by symbol, each code is the one before it plus one, shifted to its
/// length. So the lengths are the whole table, and a decoder needs only, per length, the first code and its place in
/// that order.
/// </remarks>
internal static class HuffmanCode
{
    /// <summary>Number of symbols: 256 bytes and the end-of-string symbol.</summary>
    public const int SymbolCount = 257;

    /// <summary>The symbol that never may appear; the high bits of its code pad the last byte.</summary>
    public const int EndOfString = 256;

    /// <summary>Bits of the longest code.</summary>
    public const int MaxBits = 30;

    /// <summary>Bits per symbol.</summary>
    public static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>Codes per symbol, in the low bits.</summary>
    public static uint[] Codes { get; } = AssignCodes();

    private static uint[] AssignCodes()
    {
        var codes = new uint[SymbolCount];
        uint next = 0;
        for (int bits = 1; bits <= MaxBits; bits++)
        {
            for (int symbol = 0; symbol < SymbolCount; symbol++)
            {
                if (Lengths[symbol] == bits)
                {
                    codes[symbol] = next++;
                }
            }

            next <<= 1;
        }

        return codes;
    }
}
