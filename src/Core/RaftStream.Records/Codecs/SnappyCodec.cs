using System.Buffers;
using System.Buffers.Binary;

namespace RaftStream.Records.Codecs;

/// <summary>
/// Snappy, in the Java library's framing ("xerial"), which every Kafka client reads, or as a bare block.
/// </summary>
/// <remarks>
/// <code>
/// framed:  0x82 "SNAPPY" 0x00 | version int32 = 1 | oldest compatible version int32 = 1 | chunks
/// chunk:   compressed size int32 | snappy block of at most 32 KiB of content
/// </code>
/// librdkafka writes one bare block instead. No bare block begins like the framing: its first element would be a copy
/// of something before the first byte.
/// </remarks>
internal sealed class SnappyCodec : ICompressionCodec
{
    private const int ChunkBytes = 32 * 1024;

    /// <summary>Encoders work in fragments of at most this, and copies refer to the same fragment.</summary>
    private const int CommonHistory = 64 * 1024;

    /// <summary>Bytes in front of the first chunk.</summary>
    public const int FrameHeaderSize = 16;

    /// <summary>The one version of the framing there is.</summary>
    public const int FramingVersion = 1;

    /// <summary>How framed content begins.</summary>
    public static ReadOnlySpan<byte> FrameMagic =>
        [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    public CompressionCodec Codec => CompressionCodec.Snappy;

    public bool IsAvailable => true;

    public RecordCheck Compress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int? level = null)
    {
        Span<byte> header = destination.GetSpan(FrameHeaderSize);
        FrameMagic.CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header[8..], FramingVersion);
        BinaryPrimitives.WriteInt32BigEndian(header[12..], FramingVersion);
        destination.Advance(FrameHeaderSize);

        ushort[] table = ArrayPool<ushort>.Shared.Rent(SnappyEncoder.TableSize);
        try
        {
            while (!source.IsEmpty)
            {
                ReadOnlySpan<byte> chunk = source[..Math.Min(source.Length, ChunkBytes)];
                Span<byte> room = destination.GetSpan(sizeof(int) + SnappyEncoder.MaxSize(chunk.Length));
                int written = SnappyEncoder.Encode(chunk, room[sizeof(int)..], table);
                BinaryPrimitives.WriteInt32BigEndian(room, written);
                destination.Advance(sizeof(int) + written);
                source = source[chunk.Length..];
            }
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(table);
        }

        return RecordCheck.Valid;
    }

    public RecordCheck Decompress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int maxBytes)
    {
        var blocks = new SnappyBlocks(source, maxBytes);
        while (blocks.MoveNext())
        {
            if (!SnappyDecoder.Decode(blocks.Elements, destination.GetSpan(blocks.Length)[..blocks.Length]))
            {
                return new RecordCheck(RecordFault.DecompressionFailed);
            }

            destination.Advance(blocks.Length);
        }

        return new RecordCheck(blocks.Fault);
    }

    /// <inheritdoc cref="CompressionCodecs.Decompress{TSink}"/>
    public static RecordCheck Decompress<TSink>(ReadOnlySpan<byte> source, ref TSink sink, int maxBytes)
        where TSink : struct, IPieceSink
    {
        using var chunk = new DecompressionMemory(DecompressionMemory.WindowBytes);
        var blocks = new SnappyBlocks(source, maxBytes);
        while (blocks.MoveNext())
        {
            RecordFault fault = blocks.Length <= DecompressionMemory.WindowBytes
                ? DecodeWhole(blocks.Elements, chunk.Span[..blocks.Length], ref sink)
                : DecodeLarge(blocks.Elements, blocks.Length, ref sink);
            if (fault != RecordFault.None)
            {
                return new RecordCheck(fault);
            }
        }

        return new RecordCheck(blocks.Fault);
    }

    private static RecordFault DecodeWhole<TSink>(ReadOnlySpan<byte> elements, Span<byte> content, ref TSink sink)
        where TSink : struct, IPieceSink
    {
        if (!SnappyDecoder.Decode(elements, content))
        {
            return RecordFault.DecompressionFailed;
        }

        sink.Take(content);
        return RecordFault.None;
    }

    private static RecordFault DecodeLarge<TSink>(ReadOnlySpan<byte> elements, int length, ref TSink sink)
        where TSink : struct, IPieceSink
    {
        if (length <= DecompressionMemory.MaxWholeBytes)
        {
            using var memory = new DecompressionMemory(length);
            return DecodeWhole(elements, memory.Span, ref sink);
        }

        int fed = 0;
        RecordFault fault = DecodeWindow(elements, length, CommonHistory, ref fed, ref sink);
        return fault == RecordFault.DecompressedTooLarge
            ? DecodeWindow(elements, length, DecompressionMemory.MaxHistoryBytes, ref fed, ref sink)
            : fault;
    }

    /// <returns>Too large when copies refer back further than the history goes.</returns>
    private static RecordFault DecodeWindow<TSink>(
        ReadOnlySpan<byte> elements, int length, int history, ref int fed, ref TSink sink)
        where TSink : struct, IPieceSink
    {
        using var memory = new DecompressionMemory(Math.Min(history + DecompressionMemory.WindowBytes, length));
        var window = new SnappyWindow(elements, length, memory.Span, history, fed);
        bool isDecoded = window.Decode(ref sink);
        fed = window.Fed;
        return isDecoded ? RecordFault.None
            : window.IsHistoryTooShort ? RecordFault.DecompressedTooLarge
            : RecordFault.DecompressionFailed;
    }
}
