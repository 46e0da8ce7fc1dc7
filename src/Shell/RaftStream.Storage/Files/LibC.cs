using System.Runtime.InteropServices;

namespace RaftStream.Storage.Files;

/// <summary>The few system calls that the framework does not offer in the form needed here (Linux).</summary>
internal static partial class LibC
{
    internal const int KeepSize = 1; // FALLOC_FL_KEEP_SIZE
    internal const int OpenDirectory = 0x10000 | 0x80000; // O_RDONLY | O_DIRECTORY | O_CLOEXEC on x86-64 and (below) arm64
    internal const int OpenDirectoryArm64 = 0x4000 | 0x80000;

    internal const int NotPermitted = 1; // EPERM
    internal const int Interrupted = 4; // EINTR
    internal const int TryAgain = 11; // EAGAIN
    internal const int AccessDenied = 13; // EACCES
    internal const int NoHandlesLeft = 23; // ENFILE
    internal const int TooManyOpenFiles = 24; // EMFILE
    internal const int NoSpace = 28; // ENOSPC
    internal const int ReadOnlyFileSystem = 30; // EROFS
    internal const int QuotaExceeded = 122; // EDQUOT

    internal const int OpenFiles = 7; // RLIMIT_NOFILE

    /// <summary>What a process may have of something: struct rlimit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Limit
    {
        internal ulong Current;
        internal ulong Most;
    }

    /// <summary>One piece of a vectored write: struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal unsafe struct IoVector
    {
        internal byte* Start;
        internal nuint Length;
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int DataSync(SafeHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int Allocate(SafeHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    internal static partial nint SendFile(SafeHandle socket, SafeHandle file, ref long offset, nint count);

    [LibraryImport("libc", EntryPoint = "pwritev", SetLastError = true)]
    internal static unsafe partial nint WriteVectored(SafeHandle file, IoVector* vectors, int count, long offset);
}
