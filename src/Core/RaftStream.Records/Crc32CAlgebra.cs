namespace RaftStream.Records;

/// <summary>
/// Arithmetic of polynomials over GF(2) modulo the CRC-32C polynomial, bits reflected (bit 31 is x^0).
/// </summary>
/// <remarks>
/// Appending n zero bytes to a message multiplies its remainder by x^(8n): that moves a checksum along.
/// </remarks>
internal static class Crc32CAlgebra
{
    /// <summary>The Castagnoli polynomial without its x^32, reflected.</summary>
    public const uint Polynomial = 0x82F63B78;

    private const uint One = 0x80000000;
    private const uint X = 0x40000000;

    // x^(2^k) for k = 0..62, by squaring.
    private static readonly uint[] PowersOfX = ComputePowers();

    /// <summary>x to the <paramref name="exponent"/>, which is not negative.</summary>
    public static uint PowerOfX(long exponent)
    {
        uint power = One;
        for (int k = 0; exponent != 0; k++, exponent >>= 1)
        {
            if ((exponent & 1) != 0)
            {
                power = Multiply(power, PowersOfX[k]);
            }
        }

        return power;
    }

    /// <summary>The product of two remainders.</summary>
    public static uint Multiply(uint left, uint right)
    {
        uint product = 0;
        for (uint bit = One; bit != 0; bit >>= 1)
        {
            if ((left & bit) != 0)
            {
                product ^= right;
            }

            right = (right & 1) != 0 ? (right >> 1) ^ Polynomial : right >> 1;
        }

        return product;
    }

    private static uint[] ComputePowers()
    {
        var powers = new uint[63];
        powers[0] = X;
        for (int k = 1; k < powers.Length; k++)
        {
            powers[k] = Multiply(powers[k - 1], powers[k - 1]);
        }

        return powers;
    }
}
