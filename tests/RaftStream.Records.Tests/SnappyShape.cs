using System.Buffers.Binary;
using RaftStream.Records.Codecs;

namespace RaftStream.Records.Tests;

/// <summary>Writes bare snappy blocks of any size, as librdkafka does.</summary>
internal static class SnappyShape
{
    public static byte[] Bare(ReadOnlySpan<byte> content)
    {
        var block = new List<byte>(Length(content.Length));
        byte[] fragment = new byte[SnappyEncoder.MaxSize(SnappyEncoder.MaxContent)];
        ushort[] table = new ushort[SnappyEncoder.TableSize];
        while (!content.IsEmpty)
        {
            ReadOnlySpan<byte> next = content[..Math.Min(content.Length, SnappyEncoder.MaxContent)];
            int size = SnappyEncoder.Encode(next, fragment, table);
            block.AddRange(fragment.AsSpan(Length(next.Length).Length, size - Length(next.Length).Length));
            content = content[next.Length..];
        }

        return [.. block];
    }

    /// <summary>The size of the content, which begins a block.</summary>
    public static byte[] Length(int length)
    {
        var bytes = new List<byte>();
        for (; length >= 0x80; length >>= 7)
        {
            bytes.Add((byte)(length | 0x80));
        }

        bytes.Add((byte)length);
        return [.. bytes];
    }

    /// <summary>One literal, however long.</summary>
    public static void Literal(List<byte> block, ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty)
        {
            return;
        }

        byte[] size = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(size, content.Length - 1);
        block.Add(63 << 2);
        block.AddRange(size);
        block.AddRange(content);
    }
}
