using RaftStream.Storage.Files;

namespace RaftStream.Storage;

/// <summary>Keeps the disk from filling up: below a reserve of free bytes producers are refused .</summary>
/// <remarks>
/// Asking the file system on each append would cost a system call; instead appends are counted off the last answer, so
/// that the reserve holds between two refreshes too. Thread-safe.
/// </remarks>
internal sealed class DiskReserve(IFileSystem fileSystem, string directory, long minFreeBytes)
{
    private long _room = long.MaxValue;

    /// <summary>True while free space lies above the reserve.</summary>
    internal bool HasRoom => Volatile.Read(ref _room) > 0;

    /// <summary>Bytes that may be appended before the reserve is touched; negative inside it.</summary>
    internal long Room => Volatile.Read(ref _room);

    internal void Refresh()
    {
        long free = fileSystem.FreeBytes(directory);
        Volatile.Write(ref _room, free == long.MaxValue ? long.MaxValue : free - minFreeBytes);
    }

    /// <summary>Counts appended bytes off.</summary>
    internal void Take(long bytes) => Interlocked.Add(ref _room, -bytes);
}
