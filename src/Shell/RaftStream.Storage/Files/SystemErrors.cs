using System.Globalization;
using System.Runtime.InteropServices;

namespace RaftStream.Storage.Files;

/// <summary>Turns the operating system's errors into <see cref="StorageException"/>s.</summary>
internal static class SystemErrors
{
    /// <summary>From an errno of a direct system call.</summary>
    internal static StorageException FromErrno(string action, int errno, string? path = null)
    {
        string where = path is null ? "" : $" of {path}";
        string message = string.Create(
            CultureInfo.InvariantCulture,
            $"{action}{where} failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}).");
        return new StorageException(KindOf(errno), message);
    }

    /// <summary>From what the framework throws for files.</summary>
    internal static StorageException FromException(string action, string path, Exception exception)
    {
        StorageErrorKind kind = exception switch
        {
            FileNotFoundException or DirectoryNotFoundException => StorageErrorKind.Missing,
            UnauthorizedAccessException => StorageErrorKind.ReadOnly,
            IOException io => KindOf(io.HResult),
            _ => StorageErrorKind.Io,
        };
        return new StorageException(kind, $"{action} of {path} failed: {exception.Message}", exception);
    }

    /// <summary>True for what file operations throw when the system refuses them.</summary>
    internal static bool IsFileError(Exception exception) => exception is IOException or UnauthorizedAccessException;

    private static StorageErrorKind KindOf(int errno) => errno switch
    {
        LibC.NoSpace or LibC.QuotaExceeded => StorageErrorKind.DiskFull,
        LibC.ReadOnlyFileSystem or LibC.AccessDenied or LibC.NotPermitted => StorageErrorKind.ReadOnly,
        LibC.TooManyOpenFiles or LibC.NoHandlesLeft => StorageErrorKind.NoHandles,
        _ => StorageErrorKind.Io,
    };
}
