using System.Buffers;

namespace RaftStream.Records.Codecs;

/// <summary>Zstandard (KIP-110) by libzstd.</summary>
/// <remarks>
/// Decompresses in one call into one piece of memory: producers write frames without a content size, and the streaming
/// interface would then copy everything through a window that the frame may claim to be 128 MiB. Only what is large and
/// not to be held as a whole is streamed, and then with a limit to the window.
/// </remarks>
internal sealed class ZstdCodec(string libraryName = ZstdLibrary.Name) : ICompressionCodec
{
    private const int DefaultLevel = 3;

    /// <summary>
    /// How far a size is believed at first, times the compressed size: real records seldom shrink more.
    /// </summary>
    private const int BelievedRatio = 64;
    private const int BelievedBytes = 128 * 1024;

    /// <summary>A context with a window of at most 4 MiB, as levels up to 16 write it, is kept for the next batch.</summary>
    private const int MaxKeptContextBytes = 5 * 1024 * 1024;

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

    /// <inheritdoc cref="CompressionCodecs.Decompress{TSink}"/>
    public RecordCheck Decompress<TSink>(ReadOnlySpan<byte> source, ref TSink sink, int maxBytes)
        where TSink : struct, IPieceSink
    {
        if (!IsAvailable)
        {
            return new RecordCheck(RecordFault.CodecUnavailable);
        }

        if (!ZstdFrames.TryBoundContent(source, out long bound))
        {
            return new RecordCheck(RecordFault.DecompressionFailed);
        }

        return Math.Min(bound, maxBytes) <= DecompressionMemory.MaxWholeBytes
            ? DecompressWhole(source, ref sink, (int)Math.Min(bound, maxBytes), bound > maxBytes)
            : DecompressStream(source, ref sink, maxBytes);
    }

    private static RecordCheck DecompressWhole<TSink>(
        ReadOnlySpan<byte> source, ref TSink sink, int most, bool isMorePossible)
        where TSink : struct, IPieceSink
    {
        using var memory = new DecompressionMemory(most);
        int error = DecompressInto(source, memory.Span, out int written);
        if (error == 0)
        {
            sink.Take(memory.Span[..written]);
            return RecordCheck.Valid;
        }

        return new RecordCheck(error == ZstdLibrary.DestinationTooSmall && isMorePossible
            ? RecordFault.DecompressedTooLarge
            : RecordFault.DecompressionFailed);
    }

    private static RecordCheck DecompressStream<TSink>(ReadOnlySpan<byte> source, ref TSink sink, int maxBytes)
        where TSink : struct, IPieceSink
    {
        ZstdLibrary.DecompressionContext context = _decompression ??= new ZstdLibrary.DecompressionContext();
        ZstdLibrary.Reset(context);
        context.LimitWindow(DecompressionMemory.MaxHistoryBytes);
        using var memory = new DecompressionMemory(DecompressionMemory.WindowBytes);
        RecordCheck check = DecompressStream(context, source, memory.Span, ref sink, maxBytes);
        if (ZstdLibrary.SizeOf(context) > MaxKeptContextBytes)
        {
            context.Dispose();
            _decompression = null;
        }

        return check;
    }

    private static unsafe RecordCheck DecompressStream<TSink>(
        ZstdLibrary.DecompressionContext context,
        ReadOnlySpan<byte> source,
        Span<byte> window,
        ref TSink sink,
        int maxBytes)
        where TSink : struct, IPieceSink
    {
        fixed (byte* from = source)
        fixed (byte* to = window)
        {
            var input = new ZstdLibrary.InputBuffer { Start = from, Size = (nuint)source.Length };
            int left = maxBytes;
            while (true)
            {
                nuint before = input.Position;
                var output = new ZstdLibrary.OutputBuffer { Start = to, Size = (nuint)window.Length };
                nuint result = ZstdLibrary.DecompressStream(context, ref output, ref input);
                if (ZstdLibrary.IsError(result) != 0)
                {
                    return new RecordCheck(FaultOf(ZstdLibrary.GetErrorCode(result)));
                }

                int produced = (int)output.Position;
                if (produced > left)
                {
                    return new RecordCheck(RecordFault.DecompressedTooLarge);
                }

                sink.Take(window[..produced]);
                left -= produced;
                if (result == 0 && input.Position == input.Size)
                {
                    return RecordCheck.Valid;
                }

                if (produced == 0 && input.Position == before)
                {
                    return new RecordCheck(RecordFault.DecompressionFailed); // the frame is cut
                }
            }
        }
    }

    private static RecordFault FaultOf(int error) => error switch
    {
        ZstdLibrary.WindowTooLarge => RecordFault.DecompressedTooLarge,
        ZstdLibrary.OutOfMemory => throw new InvalidOperationException("libzstd cannot get memory."),
        _ => RecordFault.DecompressionFailed,
    };

    /// <summary>Decompresses into at most <paramref name="capacity"/> bytes.</summary>
    /// <returns>0 or libzstd's error code.</returns>
    private static int DecompressInto(ReadOnlySpan<byte> source, IBufferWriter<byte> destination, int capacity)
    {
        int error = DecompressInto(source, destination.GetSpan(capacity)[..capacity], out int written);
        destination.Advance(written);
        return error;
    }

    private static unsafe int DecompressInto(ReadOnlySpan<byte> source, Span<byte> room, out int written)
    {
        _decompression ??= new ZstdLibrary.DecompressionContext();
        nuint result;
        fixed (byte* from = source)
        fixed (byte* to = room)
        {
            result = ZstdLibrary.Decompress(_decompression, to, (nuint)room.Length, from, (nuint)source.Length);
        }

        bool isError = ZstdLibrary.IsError(result) != 0;
        written = isError ? 0 : (int)result;
        return isError ? ZstdLibrary.GetErrorCode(result) : 0;
    }
}
