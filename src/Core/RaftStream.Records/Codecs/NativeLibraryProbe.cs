using System.Runtime.InteropServices;

namespace RaftStream.Records.Codecs;

/// <summary>Whether a native library is installed; looked up when first asked for, then remembered.</summary>
internal sealed class NativeLibraryProbe(string libraryName)
{
    private readonly Lazy<bool> _isInstalled = new(
        () => NativeLibrary.TryLoad(libraryName, typeof(NativeLibraryProbe).Assembly, searchPath: null, out _));

    public bool IsInstalled => _isInstalled.Value;
}
