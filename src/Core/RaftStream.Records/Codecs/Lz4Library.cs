using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftStream.Records.Codecs;

/// <summary>The functions of liblz4's frame interface that are used.</summary>
internal static unsafe partial class Lz4Library
{
    /// <summary>Debian's and the .NET images' name of it.</summary>
    public const string Name = "liblz4.so.1";

    private const uint FrameInterfaceVersion = 100;

    [LibraryImport(Name, EntryPoint = "LZ4F_isError")]
    public static partial uint IsError(nuint result);

    [LibraryImport(Name, EntryPoint = "LZ4F_compressFrameBound")]
    public static partial nuint CompressFrameBound(nuint sourceSize, in Preferences preferences);

    [LibraryImport(Name, EntryPoint = "LZ4F_compressFrame")]
    public static partial nuint CompressFrame(
        byte* destination, nuint capacity, byte* source, nuint sourceSize, in Preferences preferences);

    /// <summary>Goes on decompressing; both sizes come back as what was used.</summary>
    /// <returns>0 at the end of a frame, else a hint or an error.</returns>
    [LibraryImport(Name, EntryPoint = "LZ4F_decompress")]
    public static partial nuint Decompress(
        DecompressionContext context,
        byte* destination,
        ref nuint destinationSize,
        byte* source,
        ref nuint sourceSize,
        nint options);

    /// <summary>Makes a context fit for a new frame, whatever came before.</summary>
    [LibraryImport(Name, EntryPoint = "LZ4F_resetDecompressionContext")]
    public static partial void Reset(DecompressionContext context);

    [LibraryImport(Name, EntryPoint = "LZ4F_createDecompressionContext")]
    private static partial nuint CreateDecompressionContext(out nint context, uint version);

    [LibraryImport(Name, EntryPoint = "LZ4F_freeDecompressionContext")]
    private static partial nuint FreeDecompressionContext(nint context);

    /// <summary>LZ4F_preferences_t: the frame's shape, then the effort. 56 bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Preferences
    {
        public int BlockSizeId;
        public int BlockMode;
        public int ContentChecksum;
        public int FrameType;
        public ulong ContentSize;
        public uint DictionaryId;
        public int BlockChecksum;
        public int CompressionLevel;
        public uint AutoFlush;
        public uint FavorDecompressionSpeed;
        public uint Reserved0;
        public uint Reserved1;
        public uint Reserved2;
    }

    /// <summary>Work memory of a decompression. One user at a time.</summary>
    internal sealed class DecompressionContext : SafeHandleZeroOrMinusOneIsInvalid
    {
        public DecompressionContext()
            : base(ownsHandle: true)
        {
            nuint result = CreateDecompressionContext(out nint context, FrameInterfaceVersion);
            if (IsError(result) != 0)
            {
                throw new InvalidOperationException("liblz4 cannot create a decompression context.");
            }

            SetHandle(context);
        }

        protected override bool ReleaseHandle() => FreeDecompressionContext(handle) == 0;
    }
}
