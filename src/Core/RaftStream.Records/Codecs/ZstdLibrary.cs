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

    /// <summary>Work memory of a decompression. One user at a time.</summary>
    internal sealed class DecompressionContext : SafeHandleZeroOrMinusOneIsInvalid
    {
        public DecompressionContext()
            : base(ownsHandle: true) => SetHandle(CreateDecompressionContext());

        protected override bool ReleaseHandle() => FreeDecompressionContext(handle) == 0;
    }
}
