using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RaftStream.Records.Codecs;

/// <summary>Decodes one block of the Snappy format.</summary>
/// <remarks>
/// <code>
/// block:    content size, varint | elements
/// element:  low two bits of the tag byte
///   00 literal  upper six bits n: n + 1 bytes follow; from 60 on, the size less 1 is in the next n - 59 bytes,
///               little-endian
///   01 copy     bits 2-4 size less 4; offset: bits 5-7 and the next byte
///   10 copy     upper six bits size less 1; offset in the next two bytes, little-endian
///   11 copy     as 10 with four bytes
/// </code>
/// </remarks>
internal static class SnappyDecoder
{
    private const int MaxVarintSize = 5;
    private const int LongestTag = 5;

    /// <summary>The longest common element, 64 bytes, and what the last vector of it may go too far.</summary>
    public const int Margin = 64 + 16;

    /// <summary>
    /// An element gives at most 64 bytes for 3: a block that claims more than this many times its size lies.
    /// </summary>
    private const int MaxRatio = 22;

    /// <summary>Takes the content size off the front of <paramref name="block"/>.</summary>
    /// <returns>False when it is malformed or more than the rest of the block can hold.</returns>
    public static bool TryReadLength(ref ReadOnlySpan<byte> block, out int length)
    {
        ulong bits = 0;
        for (int i = 0; i < Math.Min(block.Length, MaxVarintSize); i++)
        {
            bits |= (ulong)(block[i] & 0x7F) << (7 * i);
            if (block[i] < 0x80)
            {
                block = block[(i + 1)..];
                length = (int)bits;
                return bits <= Math.Min((ulong)block.Length * MaxRatio, int.MaxValue);
            }
        }

        length = 0;
        return false;
    }

    /// <summary>Decodes the elements of a block, which must fill <paramref name="destination"/> exactly.</summary>
    public static bool Decode(ReadOnlySpan<byte> elements, Span<byte> destination)
    {
        int at = 0;
        int written = 0;
        while (true)
        {
            DecodeCommon(elements, destination, ref at, ref written);
            if (at == elements.Length)
            {
                return written == destination.Length;
            }

            if (!TryDecodeOne(elements, destination, ref at, ref written))
            {
                return false;
            }
        }
    }

    /// <summary>
    /// The fast way through short literals and copies from not too near, as long as there is room around.
    /// </summary>
    /// <remarks>
    /// Copies whole vectors, and so up to a vector too much, which the next element writes over. Unchecked reads and
    /// writes stay inside since every element is begun with <see cref="Margin"/> bytes to spare on both sides.
    /// </remarks>
    public static void DecodeCommon(ReadOnlySpan<byte> elements, Span<byte> destination, ref int at, ref int written)
    {
        ref byte from = ref MemoryMarshal.GetReference(elements);
        ref byte to = ref MemoryMarshal.GetReference(destination);
        int lastAt = elements.Length - Margin;
        int lastWritten = destination.Length - Margin;
        while (at <= lastAt && written <= lastWritten)
        {
            uint tag = Unsafe.Add(ref from, (uint)at);
            uint next = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref from, (uint)at + 1));
            int size = (int)(tag >> 2) + 1;
            int offset;
            switch (tag & 3)
            {
                case 0 when size <= Vector128<byte>.Count:
                    CopyVector(ref Unsafe.Add(ref from, (uint)at + 1), ref Unsafe.Add(ref to, (uint)written));
                    at += 1 + size;
                    written += size;
                    continue;
                case 1:
                    size = (int)((tag >> 2) & 7) + 4;
                    offset = (int)(((tag >> 5) << 8) | (next & 0xFF));
                    at += 2;
                    break;
                case 2:
                    offset = (int)(next & 0xFFFF);
                    at += 3;
                    break;
                default:
                    return;
            }

            if (offset < Vector128<byte>.Count || offset > written)
            {
                at -= (tag & 3) == 1 ? 2 : 3;
                return;
            }

            ref byte source = ref Unsafe.Add(ref to, (uint)(written - offset));
            ref byte target = ref Unsafe.Add(ref to, (uint)written);
            for (int copied = 0; copied < size; copied += Vector128<byte>.Count)
            {
                CopyVector(ref Unsafe.Add(ref source, (uint)copied), ref Unsafe.Add(ref target, (uint)copied));
            }

            written += size;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyVector(ref byte source, ref byte target) =>
        Vector128.LoadUnsafe(ref source).StoreUnsafe(ref target);

    /// <summary>Decodes the element at <paramref name="at"/>, whatever it is, with every check.</summary>
    private static bool TryDecodeOne(ReadOnlySpan<byte> elements, Span<byte> destination, ref int at, ref int written)
    {
        bool isLiteral = (elements[at] & 3) == 0;
        if (!TryReadTag(elements, at, out int tagSize, out int size, out int offset)
            || size > destination.Length - written)
        {
            return false;
        }

        at += tagSize;
        if (!isLiteral)
        {
            written += size;
            return TryCopy(destination, written - size, offset, size);
        }

        if (size > elements.Length - at)
        {
            return false;
        }

        elements.Slice(at, size).CopyTo(destination[written..]);
        at += size;
        written += size;
        return true;
    }

    /// <summary>Reads the tag at <paramref name="at"/>; the offset is not checked, nor that a literal is there.</summary>
    public static bool TryReadTag(ReadOnlySpan<byte> elements, int at, out int tagSize, out int size, out int offset)
    {
        // Near the end the bytes after a tag may be missing: read from a copy with zeros behind.
        if (elements.Length - at < LongestTag)
        {
            Span<byte> padded = stackalloc byte[LongestTag];
            padded.Clear();
            elements[at..].CopyTo(padded);
            ReadTag(padded, out tagSize, out size, out offset);
            return tagSize <= elements.Length - at && size > 0;
        }

        ReadTag(elements.Slice(at, LongestTag), out tagSize, out size, out offset);
        return size > 0;
    }

    private static void ReadTag(ReadOnlySpan<byte> five, out int tagSize, out int size, out int offset)
    {
        int tag = five[0];
        uint next = BinaryPrimitives.ReadUInt32LittleEndian(five[1..]);
        int upper = tag >> 2;
        offset = 0;
        switch (tag & 3)
        {
            case 0 when upper < 60:
                tagSize = 1;
                size = upper + 1;
                break;
            case 0:
                int extra = upper - 59;
                tagSize = 1 + extra;
                uint less = next & (uint.MaxValue >> (32 - (8 * extra)));
                size = unchecked((int)(less + 1)); // 2 GiB and more: not positive
                break;
            case 1:
                tagSize = 2;
                size = (upper & 7) + 4;
                offset = ((tag >> 5) << 8) | (int)(next & 0xFF);
                break;
            case 2:
                tagSize = 3;
                size = upper + 1;
                offset = (int)(next & 0xFFFF);
                break;
            default:
                tagSize = 5;
                size = upper + 1;
                offset = (int)Math.Min(next, int.MaxValue);
                break;
        }
    }

    /// <summary>
    /// Repeats what was written <paramref name="offset"/> bytes ago; the two may overlap, which makes a pattern.
    /// </summary>
    public static bool TryCopy(Span<byte> destination, int written, int offset, int size)
    {
        if (offset == 0 || offset > written)
        {
            return false;
        }

        Span<byte> to = destination.Slice(written, size);
        ReadOnlySpan<byte> from = destination.Slice(written - offset, Math.Min(offset, size));
        if (from.Length == 1)
        {
            to.Fill(from[0]);
            return true;
        }

        while (to.Length > from.Length)
        {
            from.CopyTo(to);
            to = to[from.Length..];
        }

        from[..to.Length].CopyTo(to);
        return true;
    }
}
