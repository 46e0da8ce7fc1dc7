using System.Buffers;

namespace RaftStream.Records.Codecs;

/// <summary>Zstandard (KIP-110) by libzstd.</summary>
/// <remarks>
/// Decompresses in one call into one piece of memory: producers write frames without a content size, and the streaming
/// interface would then copy everything through a window that the frame may claim to be 128 MiB.
/// </remarks>
internal sealed class ZstdCodec(string libraryName = ZstdLibrary.Name) : ICompressionCodec
{
    private const int DefaultLevel = 3;

    /// <summary>
    /// How far a size is believed at first, times the compressed size: real records seldom shrink more.
    /// </summary>
    private const int BelievedRatio = 64;
    private const int BelievedBytes = 128 * 1024;

    // A context is large and one thread's at a time; threads that compress are few and live long.
    [ThreadStatic]
    private static ZstdLibrary.CompressionContext? _compression;
    [ThreadStatic]
    private static ZstdLibrary.DecompressionContext? _decompression;

    private readonly NativeLibraryProbe _library = new(libraryName);

    public CompressionCodec Codec => CompressionCodec.Zstd;

    public bool IsAvailable => _library.IsInstalled;

    public unsafe RecordCheck Compress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int? level = null)
    {
        if (!IsAvailable)
        {
            return new RecordCheck(RecordFault.CodecUnavailable);
        }

        _compression ??= new ZstdLibrary.CompressionContext();
        Span<byte> room = destination.GetSpan(checked((int)ZstdLibrary.CompressBound((nuint)source.Length)));
        nuint written;
        fixed (byte* from = source)
        fixed (byte* to = room)
        {
            written = ZstdLibrary.Compress(
                _compression, to, (nuint)room.Length, from, (nuint)source.Length, level ?? DefaultLevel);
        }

        if (ZstdLibrary.IsError(written) != 0)
        {
            // The room is always enough, so this is memory that libzstd could not get.
            throw new InvalidOperationException($"libzstd cannot compress: error {ZstdLibrary.GetErrorCode(written)}.");
        }

        destination.Advance((int)written);
        return RecordCheck.Valid;
    }

    public RecordCheck Decompress(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int maxBytes)
    {
        if (!IsAvailable)
        {
            return new RecordCheck(RecordFault.CodecUnavailable);
        }

        if (!ZstdFrames.TryBoundContent(source, out long bound))
        {
            return new RecordCheck(RecordFault.DecompressionFailed);
        }

        int most = (int)Math.Min(bound, maxBytes);
        int believed = (int)Math.Min(most, ((long)source.Length * BelievedRatio) + BelievedBytes);
        int error = DecompressInto(source, destination, believed);
        if (error == ZstdLibrary.DestinationTooSmall && believed < most)
        {
            error = DecompressInto(source, destination, most);
        }

        return error switch
        {
            0 => RecordCheck.Valid,
            ZstdLibrary.DestinationTooSmall when bound > maxBytes => new RecordCheck(RecordFault.DecompressedTooLarge),
            _ => new RecordCheck(RecordFault.DecompressionFailed),
        };
    }

    /// <summary>Decompresses into at most <paramref name="capacity"/> bytes.</summary>
    /// <returns>0 or libzstd's error code.</returns>
    private static unsafe int DecompressInto(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int capacity)
    {
        _decompression ??= new ZstdLibrary.DecompressionContext();
        Span<byte> room = destination.GetSpan(capacity);
        room = room[..Math.Min(room.Length, capacity)];
        nuint written;
        fixed (byte* from = source)
        fixed (byte* to = room)
        {
            written = ZstdLibrary.Decompress(_decompression, to, (nuint)room.Length, from, (nuint)source.Length);
        }

        if (ZstdLibrary.IsError(written) != 0)
        {
            return ZstdLibrary.GetErrorCode(written);
        }

        destination.Advance((int)written);
        return 0;
    }
}
