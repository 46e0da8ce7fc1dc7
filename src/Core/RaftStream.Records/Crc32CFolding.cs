using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RaftStream.Records;

/// <summary>CRC-32C by carry-less multiplication: wide registers are folded onto the bytes that follow them.</summary>
/// <remarks>
/// After Gopal, Ozturk et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ" (Intel, 2009). A 128-bit
/// piece of the message has the same remainder as that piece times x^D, D bits further on. Multiplying its halves by
/// x^(D+64) mod P and x^D mod P moves it there; it is then added to what stands there. Four independent registers hide
/// the latency. What is left at the end is as long as one register, and the crc instruction takes it.
/// Measured (EPYC, 64 KiB): 4 x 512 bit 58 GB/s, 4 x 256 bit 29, three chains 26. 4 x 128 bit gave 15 and is not kept.
/// Reflected operands: a product of two of them comes out one bit low, hence the exponents D+63 and D-1.
/// </remarks>
internal static class Crc32CFolding<TLane>
    where TLane : struct, IFoldingLane<TLane>
{
    private const int Registers = 4;

    // Multipliers that move a lane over the distance from one round to the next, and from one register to the next.
    private static readonly TLane ByRound = Multiplier(Registers * TLane.Size);
    private static readonly TLane ByRegister = Multiplier(TLane.Size);

    /// <summary>Fewest bytes that <see cref="Append"/> takes: one round.</summary>
    public static int MinBytes => Registers * TLane.Size;

    /// <summary>
    /// The register after <paramref name="bytes"/> when it was <paramref name="state"/> before (neither inverted).
    /// </summary>
    /// <param name="bytes">At least <see cref="MinBytes"/>.</param>
    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, MinBytes);
        ref byte at = ref MemoryMarshal.GetReference(bytes);
        nuint left = (nuint)bytes.Length;
        nuint size = (nuint)TLane.Size;

        // The state counts as if it were added to the first four bytes.
        TLane lane0 = TLane.Add(TLane.Load(ref at), TLane.FromState(state));
        TLane lane1 = TLane.Load(ref Unsafe.Add(ref at, size));
        TLane lane2 = TLane.Load(ref Unsafe.Add(ref at, 2 * size));
        TLane lane3 = TLane.Load(ref Unsafe.Add(ref at, 3 * size));
        at = ref Unsafe.Add(ref at, 4 * size);
        left -= 4 * size;

        TLane multiplier = ByRound;
        while (left >= 4 * size)
        {
            lane0 = TLane.Fold(lane0, multiplier, TLane.Load(ref at));
            lane1 = TLane.Fold(lane1, multiplier, TLane.Load(ref Unsafe.Add(ref at, size)));
            lane2 = TLane.Fold(lane2, multiplier, TLane.Load(ref Unsafe.Add(ref at, 2 * size)));
            lane3 = TLane.Fold(lane3, multiplier, TLane.Load(ref Unsafe.Add(ref at, 3 * size)));
            at = ref Unsafe.Add(ref at, 4 * size);
            left -= 4 * size;
        }

        multiplier = ByRegister;
        TLane lane = TLane.Fold(TLane.Fold(TLane.Fold(lane0, multiplier, lane1), multiplier, lane2), multiplier, lane3);
        while (left >= size)
        {
            lane = TLane.Fold(lane, multiplier, TLane.Load(ref at));
            at = ref Unsafe.Add(ref at, size);
            left -= size;
        }

        return Crc32CChains.AppendOneChain(TLane.Reduce(lane), MemoryMarshal.CreateReadOnlySpan(ref at, (int)left));
    }

    private static TLane Multiplier(int distanceBytes)
    {
        long distance = distanceBytes * 8L;
        ulong low = (ulong)Crc32CAlgebra.PowerOfX(distance + 63) << 32;
        ulong high = (ulong)Crc32CAlgebra.PowerOfX(distance - 1) << 32;
        return TLane.FromMultiplier(low, high);
    }
}
