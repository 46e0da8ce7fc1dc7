using System.Buffers;

namespace RaftStream.Records;

/// <summary>CRC-32C (Castagnoli), the checksum of record batches, by the fastest way this processor has.</summary>
/// <remarks>
/// Values are finished ones, as stored: <c>Append(Compute(a), b)</c> is the checksum of a followed by b.
/// </remarks>
public static class Crc32C
{
    /// <summary>The checksum of <paramref name="bytes"/>; 0 for none.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of <paramref name="bytes"/>, piece by piece; 0 for none.</summary>
    public static uint Compute(in ReadOnlySequence<byte> bytes) => Append(0, bytes);

    /// <summary>
    /// Goes on from <paramref name="crc"/>, the checksum of the bytes before, over <paramref name="bytes"/>.
    /// </summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        // IsSupported is a constant to the compiler: what this processor lacks is not even in the code.
        if (FoldingLane512.IsSupported && bytes.Length >= Crc32CFolding<FoldingLane512>.MinBytes)
        {
            return ~Crc32CFolding<FoldingLane512>.Append(~crc, bytes);
        }

        if (FoldingLane256.IsSupported && bytes.Length >= Crc32CFolding<FoldingLane256>.MinBytes)
        {
            return ~Crc32CFolding<FoldingLane256>.Append(~crc, bytes);
        }

        return ~Crc32CChains.Append(~crc, bytes);
    }

    /// <inheritdoc cref="Append(uint, ReadOnlySpan{byte})"/>
    public static uint Append(uint crc, in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            return Append(crc, bytes.FirstSpan);
        }

        foreach (ReadOnlyMemory<byte> piece in bytes)
        {
            crc = Append(crc, piece.Span);
        }

        return crc;
    }

    /// <summary>The checksum of a followed by b, from their own and the size of b.</summary>
    /// <param name="sizeOfB">Bytes of b, not negative.</param>
    public static uint Combine(uint crcOfA, uint crcOfB, long sizeOfB) => Shift(crcOfA, sizeOfB) ^ crcOfB;

    /// <summary>
    /// What a difference of checksums becomes when <paramref name="byteCount"/> equal bytes follow on both sides.
    /// </summary>
    internal static uint Shift(uint difference, long byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        return Crc32CAlgebra.Multiply(difference, Crc32CAlgebra.PowerOfX(checked(byteCount * 8)));
    }
}
