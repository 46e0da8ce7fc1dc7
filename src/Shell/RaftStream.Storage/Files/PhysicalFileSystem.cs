using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RaftStream.Storage.Files;

/// <summary>The operating system's files.</summary>
public sealed class PhysicalFileSystem : IFileSystem
{
    /// <summary>The one instance needed: it holds no state.</summary>
    public static readonly PhysicalFileSystem Instance = new();

    /// <inheritdoc/>
    public IFile Open(string path, FileOpenMode mode)
    {
        FileMode fileMode = mode switch
        {
            FileOpenMode.CreateNew => FileMode.CreateNew,
            FileOpenMode.CreateOrTruncate => FileMode.Create,
            _ => FileMode.Open,
        };
        FileAccess access = mode == FileOpenMode.Read ? FileAccess.Read : FileAccess.ReadWrite;
        return Guard("open", path, () => new PhysicalFile(
            File.OpenHandle(path, fileMode, access, FileShare.ReadWrite | FileShare.Delete), path));
    }

    /// <inheritdoc/>
    public bool FileExists(string path) => File.Exists(path);

    /// <inheritdoc/>
    public bool DirectoryExists(string path) => Directory.Exists(path);

    /// <inheritdoc/>
    public void CreateDirectory(string path) => Guard("create", path, () => Directory.CreateDirectory(path));

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory) =>
        Guard("list", directory, () => Names(Directory.EnumerateFiles(directory)));

    /// <inheritdoc/>
    public IReadOnlyList<string> ListDirectories(string directory) =>
        Guard("list", directory, () => Names(Directory.EnumerateDirectories(directory)));

    /// <inheritdoc/>
    public void Rename(string from, string to) => Guard("rename", from, () =>
    {
        if (Directory.Exists(from))
        {
            Directory.Move(from, to);
        }
        else
        {
            File.Move(from, to, overwrite: true);
        }

        return true;
    });

    /// <inheritdoc/>
    public void DeleteFile(string path) => Guard("delete", path, () =>
    {
        File.Delete(path);
        return true;
    });

    /// <inheritdoc/>
    public void DeleteDirectory(string path) => Guard("delete", path, () =>
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        return true;
    });

    /// <inheritdoc/>
    public void SyncDirectory(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // The other systems order directory changes themselves, or offer no call for it.
        }

        int flags = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm
            ? LibC.OpenDirectoryArm64
            : LibC.OpenDirectory;
        int file = LibC.Open(directory, flags);
        if (file < 0)
        {
            throw SystemErrors.FromErrno("open", Marshal.GetLastPInvokeError(), directory);
        }

        int result = LibC.Sync(file);
        int error = Marshal.GetLastPInvokeError();
        _ = LibC.Close(file);
        if (result != 0)
        {
            throw SystemErrors.FromErrno("fsync", error, directory);
        }
    }

    /// <inheritdoc/>
    public long LastWriteTimeMs(string path) => Guard("stat", path, () =>
        new DateTimeOffset(File.GetLastWriteTimeUtc(path)).ToUnixTimeMilliseconds());

    /// <inheritdoc/>
    public long FreeBytes(string directory) =>
        Guard("statvfs", directory, () => new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace);

    /// <inheritdoc/>
    public long TotalBytes(string directory) =>
        Guard("statvfs", directory, () => new DriveInfo(Path.GetFullPath(directory)).TotalSize);

    /// <inheritdoc/>
    public long MaxOpenFiles =>
        LibC.GetLimit(LibC.OpenFiles, out LibC.Limit limit) == 0 ? (long)Math.Min(limit.Current, long.MaxValue) : long.MaxValue;

    /// <inheritdoc/>
    public IDisposable Lock(string path)
    {
        try
        {
            // FileShare.None takes flock(LOCK_EX | LOCK_NB): the kernel drops it with the process, however that dies.
            SafeFileHandle handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return handle;
        }
        catch (UnauthorizedAccessException exception)
        {
            throw SystemErrors.FromException("lock", path, exception);
        }
        catch (IOException exception) when (exception is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw LockError(path, exception);
        }
        catch (IOException exception)
        {
            throw SystemErrors.FromException("lock", path, exception);
        }
    }

    private static StorageException LockError(string path, IOException exception)
    {
        const int WouldBlock = 11; // EAGAIN, as the framework hands it on
        StorageException error = SystemErrors.FromException("lock", path, exception);
        return error.Kind == StorageErrorKind.Io || exception.HResult == WouldBlock
            ? new StorageException(
                StorageErrorKind.Locked,
                $"The data folder is in use by another process: {path} is locked. Stop that process or choose another folder.",
                exception)
            : error;
    }

    private static List<string> Names(IEnumerable<string> paths)
    {
        List<string> names = [.. paths.Select(path => Path.GetFileName(path))];
        names.Sort(string.CompareOrdinal);
        return names;
    }

    private static T Guard<T>(string action, string path, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception exception) when (SystemErrors.IsFileError(exception))
        {
            throw SystemErrors.FromException(action, path, exception);
        }
    }
}
