using System.Buffers.Binary;
using System.Numerics;

namespace RaftStream.Records.Codecs;

/// <summary>Encodes blocks of the Snappy format; the picture is in <see cref="SnappyDecoder"/>.</summary>
/// <remarks>
/// Greedy: a table remembers where four bytes with a given hash were last seen; where they are seen again, a copy is
/// written as long as the match goes. Without matches the steps grow, so that incompressible data costs little.
/// </remarks>
internal static class SnappyEncoder
{
    /// <summary>Entries of the work table.</summary>
    public const int TableSize = 1 << HashBits;

    /// <summary>Most content of a block here: positions fit the table's entries, offsets two bytes.</summary>
    public const int MaxContent = 1 << 16;

    private const int HashBits = 14;
    private const int MatchBytes = 4;
    private const int LongestCopy = 64;
    private const int SkipShift = 5;

    /// <summary>Most bytes that a block of <paramref name="contentSize"/> bytes takes.</summary>
    public static int MaxSize(int contentSize) => 32 + contentSize + (contentSize / 6);

    /// <summary>Encodes <paramref name="content"/> as one block.</summary>
    /// <param name="content">At most <see cref="MaxContent"/> bytes.</param>
    /// <param name="destination">At least <see cref="MaxSize"/> of it.</param>
    /// <param name="table">At least <see cref="TableSize"/>, with anything in it.</param>
    /// <returns>Bytes written.</returns>
    public static int Encode(ReadOnlySpan<byte> content, Span<byte> destination, Span<ushort> table)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, MaxContent);
        int written = WriteLength(destination, content.Length);

        // A small block clears, and uses, a small part of the table.
        int hashBits = Math.Clamp(BitOperations.Log2((uint)content.Length | 1) + 1, 8, HashBits);
        table = table[..(1 << hashBits)];
        table.Clear();

        int literalStart = 0;
        int at = 1; // an empty entry points to the first byte, which is as good a candidate as any
        int skip = 1 << SkipShift;
        while (at + MatchBytes <= content.Length)
        {
            uint four = BinaryPrimitives.ReadUInt32LittleEndian(content[at..]);
            ref ushort entry = ref table[Hash(four, hashBits)];
            int candidate = entry;
            entry = (ushort)at;
            if (BinaryPrimitives.ReadUInt32LittleEndian(content[candidate..]) != four)
            {
                at += skip >> SkipShift;
                skip++;
                continue;
            }

            int length = MatchBytes
                + content[(at + MatchBytes)..].CommonPrefixLength(content[(candidate + MatchBytes)..]);
            written += WriteLiteral(destination[written..], content[literalStart..at]);
            written += WriteCopy(destination[written..], at - candidate, length);
            at += length;
            literalStart = at;
            skip = 1 << SkipShift;
        }

        return written + WriteLiteral(destination[written..], content[literalStart..]);
    }

    private static int Hash(uint four, int bits) => (int)((four * 0x1E35A7BDu) >> (32 - bits));

    private static int WriteLength(Span<byte> destination, int length)
    {
        int at = 0;
        uint bits = (uint)length;
        while (bits >= 0x80)
        {
            destination[at++] = (byte)(bits | 0x80);
            bits >>= 7;
        }

        destination[at] = (byte)bits;
        return at + 1;
    }

    private static int WriteLiteral(Span<byte> destination, ReadOnlySpan<byte> literal)
    {
        if (literal.IsEmpty)
        {
            return 0;
        }

        int less = literal.Length - 1;
        int tagSize = less switch { < 60 => 1, < 256 => 2, _ => 3 };
        destination[0] = (byte)((tagSize == 1 ? less : 58 + tagSize) << 2);
        if (tagSize == 2)
        {
            destination[1] = (byte)less;
        }
        else if (tagSize == 3)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(destination[1..], (ushort)less);
        }

        literal.CopyTo(destination[tagSize..]);
        return tagSize + literal.Length;
    }

    /// <summary>Writes one match as copies of at most 64 bytes.</summary>
    private static int WriteCopy(Span<byte> destination, int offset, int length)
    {
        int at = 0;
        while (length > 0)
        {
            if (length is >= 4 and <= 11 && offset < 2048)
            {
                destination[at] = (byte)(1 | ((length - 4) << 2) | ((offset >> 8) << 5));
                destination[at + 1] = (byte)offset;
                return at + 2;
            }

            // Leave no rest below four bytes, so that the last copy may take the short form.
            bool isRestTooShort = length is > LongestCopy and < LongestCopy + MatchBytes;
            int size = isRestTooShort ? LongestCopy - MatchBytes : Math.Min(length, LongestCopy);
            destination[at] = (byte)(2 | ((size - 1) << 2));
            BinaryPrimitives.WriteUInt16LittleEndian(destination[(at + 1)..], (ushort)offset);
            at += 3;
            length -= size;
        }

        return at;
    }
}
