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
    private const int FrameHeaderSize = 16;
    private const int FramingVersion = 1;

    private static ReadOnlySpan<byte> FrameMagic =>
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
        int left = maxBytes;
        return new RecordCheck(source.StartsWith(FrameMagic)
            ? DecompressFrame(source, destination, left)
            : DecompressBlock(source, destination, ref left));
    }

    private static RecordFault DecompressFrame(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int left)
    {
        if (source.Length < FrameHeaderSize || BinaryPrimitives.ReadInt32BigEndian(source[12..]) > FramingVersion)
        {
            return RecordFault.DecompressionFailed;
        }

        source = source[FrameHeaderSize..];
        RecordFault fault = RecordFault.None;
        while (!source.IsEmpty && fault == RecordFault.None)
        {
            int size = source.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32BigEndian(source);
            if (size < 0 || size > source.Length - sizeof(int))
            {
                return RecordFault.DecompressionFailed;
            }

            fault = DecompressBlock(source.Slice(sizeof(int), size), destination, ref left);
            source = source[(sizeof(int) + size)..];
        }

        return fault;
    }

    private static RecordFault DecompressBlock(ReadOnlySpan<byte> block, IBufferWriter<byte> destination, ref int left)
    {
        if (!SnappyDecoder.TryReadLength(ref block, out int length))
        {
            return RecordFault.DecompressionFailed;
        }

        if (length > left)
        {
            return RecordFault.DecompressedTooLarge;
        }

        if (!SnappyDecoder.Decode(block, destination.GetSpan(length)[..length]))
        {
            return RecordFault.DecompressionFailed;
        }

        destination.Advance(length);
        left -= length;
        return RecordFault.None;
    }
}
