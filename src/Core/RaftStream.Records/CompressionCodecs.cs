using System.Buffers;
using RaftStream.Records.Codecs;

namespace RaftStream.Records;

/// <summary>The codecs by their id.</summary>
public static class CompressionCodecs
{
    private static readonly GzipCodec Gzip = new();
    private static readonly SnappyCodec Snappy = new();
    private static readonly Lz4Codec Lz4 = new();
    private static readonly ZstdCodec Zstd = new();

    /// <summary>Finds a codec; null for <see cref="CompressionCodec.None"/> and for unknown ids.</summary>
    public static ICompressionCodec? Find(CompressionCodec codec) => codec switch
    {
        CompressionCodec.Gzip => Gzip,
        CompressionCodec.Snappy => Snappy,
        CompressionCodec.Lz4 => Lz4,
        CompressionCodec.Zstd => Zstd,
        _ => null,
    };

    /// <summary>Says whether batches of <paramref name="codec"/> can be read and written here.</summary>
    /// <returns>
    /// Valid, or <see cref="RecordFault.UnknownCodec"/>, or <see cref="RecordFault.CodecUnavailable"/>.
    /// </returns>
    public static RecordCheck Check(CompressionCodec codec)
    {
        if (codec == CompressionCodec.None)
        {
            return RecordCheck.Valid;
        }

        return Find(codec) switch
        {
            null => new RecordCheck(RecordFault.UnknownCodec),
            { IsAvailable: false } => new RecordCheck(RecordFault.CodecUnavailable),
            _ => RecordCheck.Valid,
        };
    }

    /// <summary>
    /// Decompresses by codec id; an unknown one is a fault. See <see cref="ICompressionCodec.Decompress"/>.
    /// </summary>
    internal static RecordCheck Decompress(
        CompressionCodec codec, ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int maxBytes) =>
        Find(codec) is { } found
            ? found.Decompress(source, destination, maxBytes)
            : new RecordCheck(RecordFault.UnknownCodec);

    /// <summary>Decompresses piece by piece, in memory that does not grow with the content.</summary>
    /// <param name="sink">Gets the content; on a fault, what it got has no meaning.</param>
    /// <param name="maxBytes">
    /// Most bytes that may come out; more ends in <see cref="RecordFault.DecompressedTooLarge"/>. So does large content
    /// that refers back further than <see cref="DecompressionMemory.MaxHistoryBytes"/>.
    /// </param>
    internal static RecordCheck Decompress<TSink>(
        CompressionCodec codec, ReadOnlySpan<byte> source, ref TSink sink, int maxBytes)
        where TSink : struct, IPieceSink => codec switch
        {
            CompressionCodec.Gzip => GzipCodec.Decompress(source, ref sink, maxBytes),
            CompressionCodec.Snappy => SnappyCodec.Decompress(source, ref sink, maxBytes),
            CompressionCodec.Lz4 => Lz4.Decompress(source, ref sink, maxBytes),
            CompressionCodec.Zstd => Zstd.Decompress(source, ref sink, maxBytes),
            _ => new RecordCheck(RecordFault.UnknownCodec),
        };
}
