using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Storage;

/// <summary>Whose folder this is (C-2.1, C-2.2): the content of <c>meta.properties</c>.</summary>
/// <param name="ClusterId">The cluster.</param>
/// <param name="NodeId">The node.</param>
/// <param name="DirectoryId">This disk: a wiped folder gets another one (P15).</param>
public sealed record DirectoryIdentity(Guid ClusterId, NodeId NodeId, Guid DirectoryId);

/// <summary>Settings of a <see cref="LogDirectory"/>.</summary>
public sealed record LogDirectoryOptions
{
    /// <summary>Settings that logs have until <see cref="PartitionLog.UpdateOptions"/>.</summary>
    public LogOptions DefaultLogOptions { get; init; } = LogOptions.Default;

    /// <summary>Free bytes below which <see cref="LogDirectory.HasRoom"/> is false (<c>min.free.bytes</c>, R-12.6): kept for metadata and checkpoints.</summary>
    public long MinFreeBytes { get; init; } = 256L << 20;

    /// <summary>Milliseconds between renaming a deleted partition's folder and removing it (<c>file.delete.delay.ms</c>).</summary>
    public long FileDeleteDelayMs { get; init; } = 60_000;

    /// <summary>Logs recovered at the same time.</summary>
    public int RecoveryParallelism { get; init; } = Environment.ProcessorCount;
}

/// <summary>The data folder of one node: its lock, identity, partition logs and checkpoint files .</summary>
/// <remarks>Members may be called from several threads, except as <see cref="PartitionLog"/> says.</remarks>
public sealed class LogDirectory : IDisposable
{
    private LogDirectory()
    {
    }

    /// <summary>Whose folder this is.</summary>
    public DirectoryIdentity Identity => throw new NotSupportedException();

    /// <summary>Broker epoch of the clean stop before this start; <see cref="BrokerEpoch.None"/> when the stop was not clean (S-S7).</summary>
    public BrokerEpoch CleanShutdownEpoch => throw new NotSupportedException();

    /// <summary>All logs, in the order of their folder names.</summary>
    public IReadOnlyList<PartitionLog> Logs => throw new NotSupportedException();

    /// <summary>False while free space is below the reserve: refuse produce with <see cref="ErrorCode.KafkaStorageError"/> (R-12.6). One volatile read.</summary>
    public bool HasRoom => throw new NotSupportedException();

    /// <summary>True when the folder carries a <c>meta.properties</c>.</summary>
    public static bool IsFormatted(IFileSystem fileSystem, string path) => throw new NotSupportedException();

    /// <summary>Prepares an empty or missing folder, durably (C-2.2).</summary>
    /// <exception cref="StorageException">The folder is not empty, or cannot be written.</exception>
    public static void Format(IFileSystem fileSystem, string path, DirectoryIdentity identity) =>
        throw new NotSupportedException();

    /// <summary>Locks the folder, reads and durably removes the clean-shutdown file, then opens and recovers every log .</summary>
    /// <exception cref="StorageException">Locked, not formatted, read-only or broken.</exception>
    public static LogDirectory Open(IFileSystem fileSystem, string path, LogDirectoryOptions options) =>
        throw new NotSupportedException();

    /// <summary>The log in folder <c>topic-partition</c>; null when there is none.</summary>
    public PartitionLog? Find(string topic, int partition) => throw new NotSupportedException();

    /// <summary>Creates an empty log; its folder and <c>partition.metadata</c> are durable when it returns .</summary>
    /// <exception cref="StorageException">The folder exists already.</exception>
    public PartitionLog Create(string topic, int partition, TopicId topicId, LogOptions options) =>
        throw new NotSupportedException();

    /// <summary>Closes a log and renames its folder to <c>.delete</c> (R-3.6); its files go later by <see cref="RemoveDeleted"/>.</summary>
    public void Delete(PartitionLog log, long nowMs) => throw new NotSupportedException();

    /// <summary>Closes a log that belongs to another topic incarnation and renames its folder to <c>.stray</c> (R-3.2).</summary>
    public void SetAside(PartitionLog log, long nowMs) => throw new NotSupportedException();

    /// <summary>Removes folders and segment files whose delete delay is over.</summary>
    public void RemoveDeleted(long nowMs) => throw new NotSupportedException();

    /// <summary>Writes the high-watermark, recovery-point and log-start checkpoints (every 5 s, R-12).</summary>
    public void WriteCheckpoints() => throw new NotSupportedException();

    /// <summary>Asks the file system for its free bytes; call it about once a second.</summary>
    public void RefreshFreeSpace() => throw new NotSupportedException();

    /// <summary>Flushes and closes every log, writes the checkpoints and, last of all, the clean-shutdown file (S-S7); then releases the lock.</summary>
    public void CloseCleanly(BrokerEpoch brokerEpoch) => throw new NotSupportedException();

    /// <summary>Closes the files and releases the lock without claiming a clean stop; nothing is flushed.</summary>
    public void Dispose()
    {
    }
}
