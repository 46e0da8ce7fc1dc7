using RaftStream.Model;
using RaftStream.Records.Codecs;

namespace RaftStream.Records.Tests;

/// <summary>The codecs in all the shapes that producers write.</summary>
internal static class CompressedShapes
{
    private const int MiB = 1024 * 1024;
    private const string BareSnappy = "snappy, bare";
    private const string LinkedLz4 = "lz4, linked blocks of 4 MiB";

    public static readonly string[] Names = ["gzip", "snappy", BareSnappy, "lz4", LinkedLz4, "zstd", "zstd, frames"];

    public static CompressionCodec CodecOf(string shape) =>
        Enum.Parse<CompressionCodec>(shape.Split(',')[0], ignoreCase: true);

    public static byte[] Compress(string shape, ReadOnlySpan<byte> content) => shape switch
    {
        BareSnappy => SnappyShape.Bare(content),
        LinkedLz4 => Lz4(content),
        "zstd, frames" => ZstdFrames(content),
        _ => ByCodec(shape, content),
    };

    /// <summary>Noise, runs, and repetitions from near and far.</summary>
    public static byte[] Content(Prng prng, int size)
    {
        byte[] content = new byte[size];
        for (int at = 0; at < size;)
        {
            Span<byte> next = content.AsSpan(at, Math.Min(1 + prng.Next(prng.OneIn(20) ? 100_000 : 300), size - at));
            int from = at == 0 ? 0 : prng.Next(at);
            if (at == 0 || prng.OneIn(4))
            {
                prng.Fill(next);
            }
            else if (from + next.Length <= at)
            {
                content.AsSpan(from, next.Length).CopyTo(next);
            }
            else
            {
                next.Fill(content[from]);
            }

            at += next.Length;
        }

        return content;
    }

    private static byte[] ByCodec(string shape, ReadOnlySpan<byte> content)
    {
        using var compressed = new PooledBufferWriter();
        Assert.True(CompressionCodecs.Find(CodecOf(shape))!.Compress(content, compressed).IsValid);
        return compressed.Written.ToArray();
    }

    /// <summary>A frame for every MiB.</summary>
    private static byte[] ZstdFrames(ReadOnlySpan<byte> content)
    {
        var frames = new List<byte>();
        do
        {
            ReadOnlySpan<byte> next = content[..Math.Min(content.Length, MiB)];
            frames.AddRange(ByCodec("zstd", next));
            content = content[next.Length..];
        }
        while (!content.IsEmpty);
        return [.. frames];
    }

    private static unsafe byte[] Lz4(ReadOnlySpan<byte> content)
    {
        var preferences = new Lz4Library.Preferences { BlockSizeId = 7, BlockMode = 0, ContentChecksum = 1 };
        byte[] frame = new byte[(int)Lz4Library.CompressFrameBound((nuint)content.Length, preferences)];
        fixed (byte* from = content)
        fixed (byte* to = frame)
        {
            nuint size = Lz4Library.CompressFrame(to, (nuint)frame.Length, from, (nuint)content.Length, preferences);
            Assert.Equal(0u, Lz4Library.IsError(size));
            return frame[..(int)size];
        }
    }
}
