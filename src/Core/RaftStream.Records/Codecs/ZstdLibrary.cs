using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftStream.Records.Codecs;

/// <summary>The functions of libzstd that are used, all of its stable interface.</summary>
internal static unsafe partial class ZstdLibrary
{
    /// <summary>Debian's and the .NET images' name of it.</summary>
    public const string Name = "libzstd.so.1";

    /// <summary>The error code "destination buffer is too small".</summary>
    public const int DestinationTooSmall = 70;

    /// <summary>The error code "frame requires too much memory for decoding".</summary>
    public const int WindowTooLarge = 16;

    /// <summary>The error code "allocation error: not enough memory".</summary>
    public const int OutOfMemory = 64;

    private const int ResetSession = 1;
    private const int WindowLogMax = 100;

    [LibraryImport(Name, EntryPoint = "ZSTD_isError")]
    public static partial uint IsError(nuint result);

    [LibraryImport(Name, EntryPoint = "ZSTD_getErrorCode")]
    public static partial int GetErrorCode(nuint result);

    [LibraryImport(Name, EntryPoint = "ZSTD_compressBound")]
    public static partial nuint CompressBound(nuint sourceSize);

    [LibraryImport(Name, EntryPoint = "ZSTD_compressCCtx")]
    public static partial nuint Compress(
        CompressionContext context, byte* destination, nuint capacity, byte* source, nuint sourceSize, int level);

    [LibraryImport(Name, EntryPoint = "ZSTD_decompressDCtx")]
    public static partial nuint Decompress(
        DecompressionContext context, byte* destination, nuint capacity, byte* source, nuint sourceSize);

    /// <summary>Goes on decompressing; both buffers say how far it came.</summary>
    /// <returns>0 at the end of a frame, else a hint or an error.</returns>
    [LibraryImport(Name, EntryPoint = "ZSTD_decompressStream")]
    public static partial nuint DecompressStream(
        DecompressionContext context, ref OutputBuffer output, ref InputBuffer input);

    /// <summary>Bytes that a context holds, with its window.</summary>
    [LibraryImport(Name, EntryPoint = "ZSTD_sizeof_DCtx")]
    public static partial nuint SizeOf(DecompressionContext context);

    /// <summary>Makes a context fit for new content, whatever came before.</summary>
    public static void Reset(DecompressionContext context) => Reset(context, ResetSession);

    [LibraryImport(Name, EntryPoint = "ZSTD_DCtx_reset")]
    private static partial nuint Reset(DecompressionContext context, int directive);

    [LibraryImport(Name, EntryPoint = "ZSTD_DCtx_setParameter")]
    private static partial nuint SetParameter(DecompressionContext context, int parameter, int value);

    [LibraryImport(Name, EntryPoint = "ZSTD_createCCtx")]
    private static partial nint CreateCompressionContext();

    [LibraryImport(Name, EntryPoint = "ZSTD_freeCCtx")]
    private static partial nuint FreeCompressionContext(nint context);

    [LibraryImport(Name, EntryPoint = "ZSTD_createDCtx")]
    private static partial nint CreateDecompressionContext();

    [LibraryImport(Name, EntryPoint = "ZSTD_freeDCtx")]
    private static partial nuint FreeDecompressionContext(nint context);

    /// <summary>Work memory of a compression. One user at a time.</summary>
    internal sealed class CompressionContext : SafeHandleZeroOrMinusOneIsInvalid
    {
        public CompressionContext()
            : base(ownsHandle: true) => SetHandle(CreateCompressionContext());

        protected override bool ReleaseHandle() => FreeCompressionContext(handle) == 0;
    }

    /// <summary>ZSTD_outBuffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct OutputBuffer
    {
        public byte* Start;
        public nuint Size;
        public nuint Position;
    }

    /// <summary>ZSTD_inBuffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct InputBuffer
    {
        public byte* Start;
        public nuint Size;
        public nuint Position;
    }

    /// <summary>Work memory of a decompression, and the window of a streamed one. One user at a time.</summary>
    internal sealed class DecompressionContext : SafeHandleZeroOrMinusOneIsInvalid
    {
        public DecompressionContext()
            : base(ownsHandle: true) => SetHandle(CreateDecompressionContext());

        /// <summary>Refuses frames with a larger window when they are streamed.</summary>
        public void LimitWindow(int maxBytes) => _ = SetParameter(this, WindowLogMax, int.Log2(maxBytes));

        protected override bool ReleaseHandle() => FreeDecompressionContext(handle) == 0;
    }
}
