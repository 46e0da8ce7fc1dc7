namespace RaftStream.Records.Tests;

/// <summary>CRC-32C by its definition, one bit at a time: the reference of the fast ways.</summary>
internal static class BitwiseCrc32C
{
    private const uint ReflectedPolynomial = 0x82F63B78;

    /// <summary>The register after <paramref name="bytes"/>; neither inverted.</summary>
    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            state ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                state = (state & 1) != 0 ? (state >> 1) ^ ReflectedPolynomial : state >> 1;
            }
        }

        return state;
    }
}
