using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RaftStream.Records;

/// <summary>CRC-32C by the processor's instruction, in three interleaved chains, for x86-64 and ARM alike.</summary>
/// <remarks>
/// The instruction takes eight bytes, answers after three cycles, and can be started every cycle: three independent
/// chains over neighbouring blocks keep it busy. Their registers are then joined by tables that move a register over
/// one block of zero bytes. States are the register itself: not inverted before and after.
/// </remarks>
internal static class Crc32CChains
{
    private const int LongBlock = 2048;
    private const int ShortBlock = 128;

    private static readonly uint[] LongShift = ComputeShiftTable(LongBlock);
    private static readonly uint[] ShortShift = ComputeShiftTable(ShortBlock);

    /// <summary>The register after <paramref name="bytes"/> when it was <paramref name="state"/> before.</summary>
    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        state = AppendBlocks(state, ref bytes, LongBlock, LongShift);
        state = AppendBlocks(state, ref bytes, ShortBlock, ShortShift);
        return AppendOneChain(state, bytes);
    }

    /// <summary>As <see cref="Append"/>, eight bytes after the other: best below a few hundred.</summary>
    public static uint AppendOneChain(uint state, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            state = BitOperations.Crc32C(state, word);
        }

        foreach (byte b in bytes[(words.Length * sizeof(ulong))..])
        {
            state = BitOperations.Crc32C(state, b);
        }

        return state;
    }

    private static uint AppendBlocks(uint state, ref ReadOnlySpan<byte> bytes, int block, uint[] shift)
    {
        while (bytes.Length >= 3 * block)
        {
            ReadOnlySpan<ulong> first = MemoryMarshal.Cast<byte, ulong>(bytes[..block]);
            ReadOnlySpan<ulong> second = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(block, block));
            ReadOnlySpan<ulong> third = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(2 * block, block));
            uint state1 = 0;
            uint state2 = 0;
            for (int i = 0; i < first.Length && i < second.Length && i < third.Length; i++)
            {
                state = BitOperations.Crc32C(state, first[i]);
                state1 = BitOperations.Crc32C(state1, second[i]);
                state2 = BitOperations.Crc32C(state2, third[i]);
            }

            state = Shift(shift, Shift(shift, state) ^ state1) ^ state2;
            bytes = bytes[(3 * block)..];
        }

        return state;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Shift(uint[] table, uint state) =>
        table[state & 0xFF]
        ^ table[0x100 + ((state >> 8) & 0xFF)]
        ^ table[0x200 + ((state >> 16) & 0xFF)]
        ^ table[0x300 + (state >> 24)];

    /// <summary>
    /// For each of the four bytes of a register and each value of it: where it goes over a block of zeros.
    /// </summary>
    private static uint[] ComputeShiftTable(int blockBytes)
    {
        uint factor = Crc32CAlgebra.PowerOfX(blockBytes * 8L);
        var table = new uint[4 * 256];
        for (int part = 0; part < 4; part++)
        {
            for (uint value = 0; value < 256; value++)
            {
                table[(part * 256) + (int)value] = Crc32CAlgebra.Multiply(value << (part * 8), factor);
            }
        }

        return table;
    }
}
