namespace RaftStream.Storage.Files;

/// <summary>The disk as the log engine sees it: small, synchronous, replaced by a simulated disk in tests.</summary>
/// <remarks>
/// Paths use '/'. Every failure is a <see cref="StorageException"/>; the engine never retries one (P27).
/// A create, rename or delete is durable only after <see cref="SyncDirectory"/> of the folder that holds the name (F-3).
/// All members may be called from several threads at once.
/// </remarks>
public interface IFileSystem
{
    /// <summary>Opens <paramref name="path"/> as <paramref name="mode"/> says; the caller disposes of the file.</summary>
    IFile Open(string path, FileOpenMode mode);

    /// <summary>True when a file (not a folder) has this name.</summary>
    bool FileExists(string path);

    /// <summary>True when a folder has this name.</summary>
    bool DirectoryExists(string path);

    /// <summary>Creates the folder and missing parents; nothing happens when it exists. Durable after syncing the parent.</summary>
    void CreateDirectory(string path);

    /// <summary>Names (not paths) of the files in a folder, in ordinal order.</summary>
    IReadOnlyList<string> ListFiles(string directory);

    /// <summary>Names (not paths) of the folders in a folder, in ordinal order.</summary>
    IReadOnlyList<string> ListDirectories(string directory);

    /// <summary>Renames a file or folder; an existing file at <paramref name="to"/> is replaced atomically.</summary>
    void Rename(string from, string to);

    /// <summary>Removes a file name; open handles stay readable. Nothing happens when it is missing.</summary>
    void DeleteFile(string path);

    /// <summary>Removes a folder and everything in it. Nothing happens when it is missing.</summary>
    void DeleteDirectory(string path);

    /// <summary>Makes creates, renames and deletes of names in this folder durable (fsync of the folder).</summary>
    void SyncDirectory(string directory);

    /// <summary>Wall time of the last change of a file's bytes, milliseconds since 1970.</summary>
    long LastWriteTimeMs(string path);

    /// <summary>Bytes that may still be written below <paramref name="directory"/>.</summary>
    long FreeBytes(string directory);

    /// <summary>Bytes of the disk that <paramref name="directory"/> lies on; in memory there is no limit.</summary>
    long TotalBytes(string directory) => long.MaxValue;

    /// <summary>Files that this process may have open at once, connections included; in memory there is no limit.</summary>
    long MaxOpenFiles => long.MaxValue;

    /// <summary>Takes the lock that only one process can hold at a time; disposing of the result releases it.</summary>
    /// <exception cref="StorageException">Kind <see cref="StorageErrorKind.Locked"/>: somebody else holds it.</exception>
    IDisposable Lock(string path);
}
