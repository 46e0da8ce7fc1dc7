using RaftStream.Storage.Files;

namespace RaftStream.Storage;

/// <summary>Keeps the disk from filling up: below a reserve of free bytes producers are refused .</summary>
/// <remarks>
/// Once it was touched there is room again only when a quarter of the reserve more is free: else a disk at the limit would
/// have its broker fenced and unfenced with every segment that retention deletes.
/// Asking the file system on each append would cost a system call; instead appends are counted off the last answer, so
/// that the reserve holds between two refreshes too. Thread-safe.
/// </remarks>
internal sealed class DiskReserve(IFileSystem fileSystem, string directory, long minFreeBytes)
{
    private long _room = long.MaxValue;

    /// <summary>True while free space lies above the reserve.</summary>
    internal bool HasRoom => Volatile.Read(ref _room) > 0;

    internal void Refresh()
    {
        long free = fileSystem.FreeBytes(directory);
        long kept = HasRoom ? minFreeBytes : minFreeBytes + (minFreeBytes / 4);
        Volatile.Write(ref _room, free == long.MaxValue ? long.MaxValue : free - kept);
    }

    /// <summary>Counts appended bytes off.</summary>
    internal void Take(long bytes) => Interlocked.Add(ref _room, -bytes);
}
