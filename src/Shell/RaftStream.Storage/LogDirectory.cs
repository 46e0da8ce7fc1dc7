using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using RaftStream.Model;
using RaftStream.Storage.Checkpoints;
using RaftStream.Storage.Files;
using RaftStream.Storage.Recovery;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>The data folder of one node: its lock, identity, partition logs and checkpoint files .</summary>
/// <remarks>Members may be called from several threads, except as <see cref="PartitionLog"/> says.</remarks>
public sealed class LogDirectory : IDisposable
{
    private const string LockName = ".lock";

    private readonly IFileSystem _fileSystem;
    private readonly string _path;
    private readonly LogDirectoryOptions _options;
    private readonly IDisposable _processLock;
    private readonly OffsetCheckpoints _checkpoints;
    private readonly DiskReserve _reserve;
    private readonly Lock _changeLock = new();
    private ImmutableSortedDictionary<string, PartitionLog> _logs =
        ImmutableSortedDictionary.Create<string, PartitionLog>(StringComparer.Ordinal);

    private bool _isDisposed;

    private LogDirectory(
        IFileSystem fileSystem, string path, LogDirectoryOptions options, IDisposable processLock, DirectoryIdentity identity)
    {
        _fileSystem = fileSystem;
        _path = path;
        _options = options;
        _processLock = processLock;
        _checkpoints = new OffsetCheckpoints(fileSystem, path);
        _reserve = new DiskReserve(fileSystem, path, options.MinFreeBytes);
        Identity = identity;
    }

    /// <summary>Whose folder this is.</summary>
    public DirectoryIdentity Identity { get; }

    /// <summary>Broker epoch of the clean stop before this start; <see cref="BrokerEpoch.None"/> also when a clean stop noted none.</summary>
    public BrokerEpoch CleanShutdownEpoch { get; private set; } = BrokerEpoch.None;

    /// <summary>True when the folder was left by <see cref="CloseCleanly"/> (S-S7).</summary>
    public bool WasCleanShutdown { get; private set; }

    /// <summary>All logs, in the order of their folder names.</summary>
    public IReadOnlyList<PartitionLog> Logs => [.. _logs.Values];

    /// <summary>
    /// Partitions that this folder promised to hold and does not: set aside because nobody knows whose data they are, or
    /// gone. Report them; the same at every start until <see cref="ForgetLost"/>.
    /// </summary>
    public IReadOnlyList<LostLog> Lost { get; private set; } = [];

    /// <summary>False while free space is below the reserve: refuse produce with <see cref="ErrorCode.KafkaStorageError"/> (R-12.6). One volatile read.</summary>
    public bool HasRoom => _reserve.HasRoom;

    /// <summary>Bytes of the disk, and those that may still be written; <see cref="long.MaxValue"/> where nobody knows.</summary>
    /// <exception cref="StorageException">The file system does not answer.</exception>
    public (long Total, long Free) DiskSpace => (_fileSystem.TotalBytes(_path), _fileSystem.FreeBytes(_path));

    /// <summary>True when the folder carries a <c>meta.properties</c>.</summary>
    public static bool IsFormatted(IFileSystem fileSystem, string path) =>
        fileSystem.FileExists($"{Normal(path)}/{MetaPropertiesFile.Name}");

    /// <summary>Prepares an empty or missing folder, durably (C-2.2).</summary>
    /// <exception cref="StorageException">The folder is not empty, or cannot be written.</exception>
    public static void Format(IFileSystem fileSystem, string path, DirectoryIdentity identity)
    {
        path = Normal(path);
        List<string> above = FoldersToSync(fileSystem, path);
        fileSystem.CreateDirectory(path);
        if (fileSystem.ListFiles(path).Count > 0 || fileSystem.ListDirectories(path).Count > 0)
        {
            throw new StorageException(
                StorageErrorKind.WrongOwner, $"The folder {path} is not empty: choose another data folder, or empty it yourself.");
        }

        MetaPropertiesFile.Write(fileSystem, path, identity);
        foreach (string folder in above)
        {
            fileSystem.SyncDirectory(folder);
        }
    }

    /// <summary>Locks the folder, reads and durably removes the clean-shutdown file, then opens and recovers every log .</summary>
    /// <exception cref="StorageException">Locked, not formatted, read-only or broken.</exception>
    public static LogDirectory Open(IFileSystem fileSystem, string path, LogDirectoryOptions options)
    {
        path = Normal(path);
        if (!fileSystem.DirectoryExists(path))
        {
            throw new StorageException(StorageErrorKind.NotFormatted, $"The data folder {path} does not exist.");
        }

        IDisposable processLock = fileSystem.Lock($"{path}/{LockName}");
        LogDirectory? directory = null;
        try
        {
            DirectoryIdentity identity = MetaPropertiesFile.TryRead(fileSystem, path)
                ?? throw new StorageException(
                    StorageErrorKind.NotFormatted, $"{path}/{MetaPropertiesFile.Name} is missing or damaged: the folder is not formatted.");
            directory = new LogDirectory(fileSystem, path, options, processLock, identity);
            directory.Load();
            return directory;
        }
        catch
        {
            directory?.Dispose();
            processLock.Dispose();
            throw;
        }
    }

    /// <summary>The log in folder <c>topic-partition</c>; null when there is none.</summary>
    public PartitionLog? Find(string topic, int partition) => _logs.GetValueOrDefault(LogFolderName.Of(topic, partition));

    /// <summary>Creates an empty log; its folder and <c>partition.metadata</c> are durable when it returns .</summary>
    /// <exception cref="StorageException">The folder exists already, or cannot be written.</exception>
    public PartitionLog Create(string topic, int partition, TopicId topicId, LogOptions options)
    {
        string name = LogFolderName.Of(topic, partition);
        string folder = $"{_path}/{name}";
        lock (_changeLock)
        {
            if (_logs.ContainsKey(name) || _fileSystem.DirectoryExists(folder))
            {
                throw new StorageException(StorageErrorKind.Missing, $"The partition folder {folder} exists already.");
            }

            // What an earlier partition of this name left behind must not be believed of the new one.
            _checkpoints.Remove(name);
            _checkpoints.Save();
            _fileSystem.CreateDirectory(folder);
            PartitionMetadataFile.Write(_fileSystem, folder, topicId);
            _fileSystem.SyncDirectory(_path);
            PartitionLog log = LoadLog(name, topic, partition, topicId, options);
            _logs = _logs.Add(name, log);
            return log;
        }
    }

    /// <summary>The loss is known where it counts: checkpoints say no more of partitions that are not there.</summary>
    public void ForgetLost()
    {
        lock (_changeLock)
        {
            _checkpoints.RetainOnly(_logs.Keys);
            _checkpoints.Save();
        }
    }

    /// <summary>Closes a log and renames its folder to <c>.delete</c> (R-3.6); its files go later by <see cref="RemoveDeleted"/>.</summary>
    public void Delete(PartitionLog log, long nowMs) => Remove(log, nowMs, LogFolderName.Deleted);

    /// <summary>Closes a log that belongs to another topic incarnation and renames its folder to <c>.stray</c> (R-3.2).</summary>
    public void SetAside(PartitionLog log, long nowMs) => Remove(log, nowMs, LogFolderName.Stray);

    /// <inheritdoc cref="IFileSystem.MaxOpenFiles"/>
    public long MaxOpenFiles => _fileSystem.MaxOpenFiles;

    /// <summary>Removes deleted and stray folders whose delay is over.</summary>
    public void RemoveDeleted(long nowMs)
    {
        foreach (string name in _fileSystem.ListDirectories(_path))
        {
            if (LogFolderName.TryParseRemoved(name, out long removedAtMs) && nowMs - removedAtMs >= _options.FileDeleteDelayMs)
            {
                _fileSystem.DeleteDirectory($"{_path}/{name}");
            }
        }
    }

    /// <summary>Writes the recovery-point and high-watermark checkpoints (every 5 s, R-12). Log starts are durable already.</summary>
    /// <exception cref="StorageException">A write or flush failed; the log concerned is stopped.</exception>
    public void WriteCheckpoints()
    {
        foreach (PartitionLog log in _logs.Values)
        {
            log.PrepareCheckpoint();
        }

        _checkpoints.Save();
    }

    /// <summary>Asks the file system for its free bytes; call it about once a second.</summary>
    public void RefreshFreeSpace() => _reserve.Refresh();

    /// <summary>Flushes and closes every log, writes the checkpoints and, last of all, the clean-shutdown file (S-S7); then releases the lock.</summary>
    /// <returns>False when a log had failed: the next start then recovers as after a crash.</returns>
    /// <exception cref="StorageException">A write or flush failed: the stop does not count as clean.</exception>
    public bool CloseCleanly(BrokerEpoch brokerEpoch)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        try
        {
            bool healthy = _logs.Values.All(log => log.Failure is null);
            foreach (PartitionLog log in _logs.Values.Where(log => log.Failure is null))
            {
                log.FlushEverything();
            }

            _checkpoints.Save();
            foreach (PartitionLog log in _logs.Values)
            {
                log.Close();
            }

            if (healthy)
            {
                CleanShutdownFile.Write(_fileSystem, _path, brokerEpoch);
            }

            return healthy;
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Closes the files and releases the lock without claiming a clean stop; nothing is flushed.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        foreach (PartitionLog log in _logs.Values)
        {
            log.Close();
        }

        _processLock.Dispose();
    }

    /// <summary>The folders above a new one, up to the first that exists: each must know the one below it, or a power loss takes all (F-3).</summary>
    private static List<string> FoldersToSync(IFileSystem fileSystem, string path)
    {
        var folders = new List<string>();
        do
        {
            path = path.LastIndexOf('/') switch { < 0 => ".", 0 => "/", int slash => path[..slash] };
            folders.Add(path);
        }
        while (path is not ("/" or ".") && !fileSystem.DirectoryExists(path));

        return folders;
    }

    private static string Normal(string path) => path.Length > 1 ? path.TrimEnd('/') : path;

    private void Load()
    {
        if ((_options.Sabotage & Sabotage.KeepCleanShutdownFile) == 0)
        {
            BrokerEpoch? epoch = CleanShutdownFile.Take(_fileSystem, _path);
            WasCleanShutdown = epoch is not null;
            CleanShutdownEpoch = epoch ?? BrokerEpoch.None;
        }
        else
        {
            WasCleanShutdown = _fileSystem.FileExists($"{_path}/{CleanShutdownFile.Name}");
        }

        _checkpoints.Load();
        LoadLogs();
        Lost = LostLogs.Find(_fileSystem.ListDirectories(_path), _checkpoints, _logs.Keys);
        foreach (PartitionLog log in _logs.Values)
        {
            log.PrepareCheckpoint();
        }

        _checkpoints.Save();
        _reserve.Refresh();
    }

    private void LoadLogs()
    {
        List<(string Name, string Topic, int Partition)> folders = [];
        foreach (string name in _fileSystem.ListDirectories(_path))
        {
            if (LogFolderName.TryParse(name, out string topic, out int partition))
            {
                folders.Add((name, topic, partition));
            }
        }

        var logs = new PartitionLog?[folders.Count];
        try
        {
            ForEach(folders.Count, i => logs[i] = TryLoadFolder(folders[i].Name, folders[i].Topic, folders[i].Partition));
        }
        finally
        {
            // Also after a failure: whoever disposes of this directory closes what was opened.
            _logs = _logs.AddRange(logs.OfType<PartitionLog>().Select(log => KeyValuePair.Create(log.State.Name, log)));
        }
    }

    private void ForEach(int count, Action<int> action)
    {
        if (_options.RecoveryParallelism <= 1)
        {
            for (int i = 0; i < count; i++)
            {
                action(i);
            }

            return;
        }

        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = _options.RecoveryParallelism }, action);
        }
        catch (AggregateException exception)
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }

    private PartitionLog? TryLoadFolder(string name, string topic, int partition)
    {
        string folder = $"{_path}/{name}";
        if (PartitionMetadataFile.TryRead(_fileSystem, folder) is { } topicId)
        {
            return LoadLog(name, topic, partition, topicId, _options.DefaultLogOptions);
        }

        // Without its topic id nobody knows whose data this is. A folder whose creation was interrupted holds none.
        bool hasData = _fileSystem.ListFiles(folder).Any(file => file.EndsWith(SegmentFiles.Log, StringComparison.Ordinal));
        if (hasData)
        {
            string aside = LogFolderName.OfDamaged(name, taken => _fileSystem.DirectoryExists($"{_path}/{taken}"));
            _fileSystem.Rename(folder, $"{_path}/{aside}");
        }
        else
        {
            _fileSystem.DeleteDirectory(folder);
        }

        _fileSystem.SyncDirectory(_path);
        return null;
    }

    private PartitionLog LoadLog(string name, string topic, int partition, TopicId topicId, LogOptions options)
    {
        string folder = $"{_path}/{name}";
        var request = new LoadRequest(WasCleanShutdown, _checkpoints.Find(name), options, _options.Sabotage);
        LoadedLog loaded = new LogLoader(_fileSystem, folder, request).Load();
        var state = new LogState(_fileSystem, folder, name, topicId, _checkpoints, _reserve)
        {
            Epochs = loaded.Epochs,
            Producers = loaded.Producers,
            Sabotage = _options.Sabotage,
        };
        return PartitionLog.FromLoaded(state, topic, partition, loaded, options);
    }

    private void Remove(PartitionLog log, long nowMs, string suffix)
    {
        lock (_changeLock)
        {
            string name = log.State.Name;
            Invariant.Check(_logs.GetValueOrDefault(name) == log);
            _logs = _logs.Remove(name);
            log.Close();

            // Before the folder: a promise without a folder is a loss. A folder without one is deleted again.
            _checkpoints.Remove(name);
            _checkpoints.Save();
            _fileSystem.Rename($"{_path}/{name}", $"{_path}/{LogFolderName.OfRemoved(name, nowMs, suffix)}");
            _fileSystem.SyncDirectory(_path);
        }
    }
}
