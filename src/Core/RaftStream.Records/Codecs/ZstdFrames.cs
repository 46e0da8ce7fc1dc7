using System.Buffers.Binary;

namespace RaftStream.Records.Codecs;

/// <summary>
/// Reads the outside of Zstandard frames (RFC 8878), to know how much can come out before memory is taken.
/// </summary>
internal static class ZstdFrames
{
    private const uint FrameMagic = 0xFD2FB528;
    private const uint SkippableMagic = 0x184D2A50;
    private const uint SkippableMask = 0xFFFFFFF0;
    private const int MaxBlockBytes = 128 * 1024;
    private const int BlockHeaderSize = 3;

    /// <summary>An upper bound of what <paramref name="source"/>, one or more frames, decompresses to.</summary>
    /// <param name="bound">From the blocks that are really there; a stated content size can only lower it.</param>
    /// <returns>False when the frames are cut or malformed.</returns>
    public static bool TryBoundContent(ReadOnlySpan<byte> source, out long bound)
    {
        bound = 0;
        do
        {
            if (!TryTakeFrame(ref source, out long content))
            {
                return false;
            }

            bound += content;
        }
        while (!source.IsEmpty);
        return true;
    }

    private static bool TryTakeFrame(ref ReadOnlySpan<byte> source, out long content)
    {
        content = 0;
        if (source.Length < sizeof(uint))
        {
            return false;
        }

        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(source);
        source = source[sizeof(uint)..];
        if ((magic & SkippableMask) == SkippableMagic)
        {
            return source.Length >= sizeof(uint)
                && TryTake(ref source, sizeof(uint) + (long)BinaryPrimitives.ReadUInt32LittleEndian(source));
        }

        if (magic != FrameMagic
            || !TryTakeFrameHeader(ref source, out long window, out long statedContent, out bool hasChecksum))
        {
            return false;
        }

        if (!TryTakeBlocks(ref source, Math.Min(window, MaxBlockBytes), out content))
        {
            return false;
        }

        content = Math.Min(content, statedContent);
        return !hasChecksum || TryTake(ref source, sizeof(uint));
    }

    /// <summary>
    /// Descriptor byte, window byte unless in a single segment, dictionary id, content size: each optional but the
    /// first.
    /// </summary>
    private static bool TryTakeFrameHeader(
        ref ReadOnlySpan<byte> source, out long window, out long statedContent, out bool hasChecksum)
    {
        window = 0;
        statedContent = long.MaxValue;
        hasChecksum = false;
        if (source.IsEmpty)
        {
            return false;
        }

        byte descriptor = source[0];
        bool isSingleSegment = (descriptor & 0x20) != 0;
        hasChecksum = (descriptor & 0x04) != 0;
        int windowSize = isSingleSegment ? 0 : 1;
        int dictionarySize = (descriptor & 0x03) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
        int contentSize = (descriptor >> 6) switch { 0 => isSingleSegment ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        ReadOnlySpan<byte> header = source;
        if (!TryTake(ref source, 1 + windowSize + dictionarySize + contentSize))
        {
            return false;
        }

        if (contentSize > 0)
        {
            statedContent = ReadContentSize(header.Slice(1 + windowSize + dictionarySize, contentSize));
        }

        window = isSingleSegment ? statedContent : ReadWindow(header[1]);
        return statedContent >= 0;
    }

    private static long ReadContentSize(ReadOnlySpan<byte> field) => field.Length switch
    {
        1 => field[0],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(field) + 256,
        4 => BinaryPrimitives.ReadUInt32LittleEndian(field),
        _ => BinaryPrimitives.ReadInt64LittleEndian(field),
    };

    private static long ReadWindow(byte field)
    {
        long power = 1L << (10 + (field >> 3));
        return power + ((power / 8) * (field & 0x07));
    }

    private static bool TryTakeBlocks(ref ReadOnlySpan<byte> source, long maxBlock, out long content)
    {
        content = 0;
        bool isLast = false;
        while (!isLast)
        {
            if (source.Length < BlockHeaderSize)
            {
                return false;
            }

            int header = source[0] | (source[1] << 8) | (source[2] << 16);
            isLast = (header & 1) != 0;
            int size = header >> 3;
            (int stored, long regenerated) = ((header >> 1) & 3) switch
            {
                0 => (size, size), // raw
                1 => (1, size), // one byte, repeated
                2 => (size, maxBlock), // compressed
                _ => (-1, 0L), // reserved
            };
            if (stored < 0 || !TryTake(ref source, BlockHeaderSize + stored))
            {
                return false;
            }

            content += regenerated;
        }

        return true;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> source, long count)
    {
        if (count > source.Length)
        {
            return false;
        }

        source = source[(int)count..];
        return true;
    }
}
