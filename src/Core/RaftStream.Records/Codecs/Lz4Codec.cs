using System.Buffers;

namespace RaftStream.Records.Codecs;

/// <summary>The LZ4 frame format by liblz4.</summary>
/// <remarks>
/// Writes what the Java client writes and demands on reading: independent blocks of 64 KiB, no content size. In record
/// batches of version 2 the header checksum is the format's own (older message formats had a wrong one).
/// </remarks>
internal sealed class Lz4Codec(string libraryName = Lz4Library.Name) : ICompressionCodec
{
    private const int Blocks64KiB = 4;
    private const int IndependentBlocks = 1;
    private const int SmallestChunk = 64 * 1024;

    // As in ZstdCodec: one per thread that decompresses.
    [ThreadStatic]
    private static Lz4Library.DecompressionContext? _decompression;

    private readonly NativeLibraryProbe _library = new(libraryName);

    public CompressionCodec Codec => CompressionCodec.Lz4;

    public bool IsAvailable => _library.IsInstalled;

    public unsafe RecordCheck Compress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int? level = null)
    {
        if (!IsAvailable)
        {
            return new RecordCheck(RecordFault.CodecUnavailable);
        }

        var preferences = new Lz4Library.Preferences
        {
            BlockSizeId = Blocks64KiB,
            BlockMode = IndependentBlocks,
            CompressionLevel = level ?? 0,
        };
        nuint bound = Lz4Library.CompressFrameBound((nuint)source.Length, preferences);
        Span<byte> room = destination.GetSpan(checked((int)bound));
        nuint written;
        fixed (byte* from = source)
        fixed (byte* to = room)
        {
            written = Lz4Library.CompressFrame(to, (nuint)room.Length, from, (nuint)source.Length, preferences);
        }

        if (Lz4Library.IsError(written) != 0)
        {
            // The room is always enough, so this is memory that liblz4 could not get.
            throw new InvalidOperationException("liblz4 cannot compress.");
        }

        destination.Advance((int)written);
        return RecordCheck.Valid;
    }

    public unsafe RecordCheck Decompress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int maxBytes)
    {
        if (!IsAvailable)
        {
            return new RecordCheck(RecordFault.CodecUnavailable);
        }

        _decompression ??= new Lz4Library.DecompressionContext();
        Lz4Library.Reset(_decompression);
        fixed (byte* from = source)
        {
            return Decompress(_decompression, from, source.Length, destination, maxBytes);
        }
    }

    /// <inheritdoc cref="CompressionCodecs.Decompress{TSink}"/>
    public unsafe RecordCheck Decompress<TSink>(ReadOnlySpan<byte> source, ref TSink sink, int maxBytes)
        where TSink : struct, IPieceSink
    {
        if (!IsAvailable)
        {
            return new RecordCheck(RecordFault.CodecUnavailable);
        }

        _decompression ??= new Lz4Library.DecompressionContext();
        Lz4Library.Reset(_decompression);
        using var memory = new DecompressionMemory(DecompressionMemory.WindowBytes);
        fixed (byte* from = source)
        {
            return Decompress(_decompression, from, source.Length, memory.Span, ref sink, maxBytes);
        }
    }

    private static unsafe RecordCheck Decompress<TSink>(
        Lz4Library.DecompressionContext context,
        byte* source,
        int sourceSize,
        Span<byte> window,
        ref TSink sink,
        int maxBytes)
        where TSink : struct, IPieceSink
    {
        int at = 0;
        int left = maxBytes;
        while (true)
        {
            // One byte beyond the limit is asked for when the limit is reached: it must not come.
            nuint produced = (nuint)Math.Clamp(left, 1, window.Length);
            nuint consumed = (nuint)(sourceSize - at);
            nuint result;
            fixed (byte* to = window)
            {
                result = Lz4Library.Decompress(context, to, ref produced, source + at, ref consumed, options: 0);
            }

            if (Lz4Library.IsError(result) != 0)
            {
                return new RecordCheck(RecordFault.DecompressionFailed);
            }

            if ((int)produced > left)
            {
                return new RecordCheck(RecordFault.DecompressedTooLarge);
            }

            sink.Take(window[..(int)produced]);
            at += (int)consumed;
            left -= (int)produced;
            if (at == sourceSize && result == 0)
            {
                return RecordCheck.Valid;
            }

            if (produced == 0 && consumed == 0)
            {
                return new RecordCheck(RecordFault.DecompressionFailed); // the frame is cut
            }
        }
    }

    private static unsafe RecordCheck Decompress(
        Lz4Library.DecompressionContext context,
        byte* source,
        int sourceSize,
        IBufferWriter<byte> destination,
        int maxBytes)
    {
        int chunk = (int)Math.Clamp(4L * sourceSize, SmallestChunk, int.MaxValue);
        int at = 0;
        int total = 0;
        while (true)
        {
            // One byte beyond the limit is asked for when the limit is reached: it must not come.
            byte beyond;
            Span<byte> room = total < maxBytes
                ? destination.GetSpan(Math.Min(chunk, maxBytes - total))
                : new Span<byte>(&beyond, 1);
            nuint produced = (nuint)(total < maxBytes ? Math.Min(room.Length, maxBytes - total) : 1);
            nuint consumed = (nuint)(sourceSize - at);
            nuint result;
            fixed (byte* to = room)
            {
                result = Lz4Library.Decompress(context, to, ref produced, source + at, ref consumed, options: 0);
            }

            if (Lz4Library.IsError(result) != 0)
            {
                return new RecordCheck(RecordFault.DecompressionFailed);
            }

            if (produced > 0 && total == maxBytes)
            {
                return new RecordCheck(RecordFault.DecompressedTooLarge);
            }

            if (produced > 0)
            {
                destination.Advance((int)produced);
            }

            at += (int)consumed;
            total += (int)produced;
            chunk = SmallestChunk;
            if (at == sourceSize && result == 0)
            {
                return RecordCheck.Valid;
            }

            if (produced == 0 && consumed == 0)
            {
                return new RecordCheck(RecordFault.DecompressionFailed); // the frame is cut
            }
        }
    }
}
