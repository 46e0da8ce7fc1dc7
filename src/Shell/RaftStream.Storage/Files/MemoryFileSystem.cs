namespace RaftStream.Storage.Files;

/// <summary>Files in memory: the embedded broker without a folder, and quick tests. Nothing survives the process.</summary>
/// <param name="clock">Stamps files; the system's when null.</param>
/// <param name="capacityBytes">What <see cref="FreeBytes"/> reports; a hint, not enforced.</param>
public sealed class MemoryFileSystem(TimeProvider? clock = null, long capacityBytes = long.MaxValue) : IFileSystem
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, MemoryContent> _files = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _directories = new(StringComparer.Ordinal);
    private readonly HashSet<string> _locks = [];
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <inheritdoc/>
    public IFile Open(string path, FileOpenMode mode)
    {
        lock (_lock)
        {
            bool exists = _files.TryGetValue(path, out MemoryContent? content);
            if (mode == FileOpenMode.CreateNew && exists)
            {
                throw new StorageException(StorageErrorKind.Missing, $"{path} exists already.");
            }

            if (mode is FileOpenMode.Read or FileOpenMode.ReadWrite)
            {
                return exists
                    ? new MemoryFile(content!, _clock)
                    : throw new StorageException(StorageErrorKind.Missing, $"There is no file {path}.");
            }

            RequireDirectory(ParentOf(path));
            if (!exists)
            {
                _files.Add(path, content = new MemoryContent());
            }

            content!.SetLength(0, _clock.GetUtcNow().ToUnixTimeMilliseconds());
            return new MemoryFile(content, _clock);
        }
    }

    /// <inheritdoc/>
    public bool FileExists(string path)
    {
        lock (_lock)
        {
            return _files.ContainsKey(path);
        }
    }

    /// <inheritdoc/>
    public bool DirectoryExists(string path)
    {
        lock (_lock)
        {
            return _directories.Contains(Normal(path));
        }
    }

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        lock (_lock)
        {
            for (string at = Normal(path); at.Length > 0 && _directories.Add(at); at = ParentOf(at))
            {
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory)
    {
        lock (_lock)
        {
            RequireDirectory(Normal(directory));
            return ChildrenOf(_files.Keys, Normal(directory));
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListDirectories(string directory)
    {
        lock (_lock)
        {
            RequireDirectory(Normal(directory));
            return ChildrenOf(_directories, Normal(directory));
        }
    }

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            if (_files.Remove(from, out MemoryContent? content))
            {
                _files[to] = content;
                return;
            }

            RequireDirectory(from);
            foreach (string name in (string[])[.. _directories.Where(name => name == from || IsBelow(name, from))])
            {
                _directories.Remove(name);
                _directories.Add(to + name[from.Length..]);
            }

            foreach (string name in (string[])[.. _files.Keys.Where(name => IsBelow(name, from))])
            {
                _files.Remove(name, out MemoryContent? moved);
                _files[to + name[from.Length..]] = moved!;
            }
        }
    }

    /// <inheritdoc/>
    public void DeleteFile(string path)
    {
        lock (_lock)
        {
            _files.Remove(path);
        }
    }

    /// <inheritdoc/>
    public void DeleteDirectory(string path)
    {
        lock (_lock)
        {
            _directories.RemoveWhere(name => name == path || IsBelow(name, path));
            foreach (string name in (string[])[.. _files.Keys.Where(name => IsBelow(name, path))])
            {
                _files.Remove(name);
            }
        }
    }

    /// <inheritdoc/>
    public void SyncDirectory(string directory)
    {
    }

    /// <inheritdoc/>
    public long LastWriteTimeMs(string path)
    {
        lock (_lock)
        {
            return _files.TryGetValue(path, out MemoryContent? content)
                ? content.LastWriteTimeMs
                : throw new StorageException(StorageErrorKind.Missing, $"There is no file {path}.");
        }
    }

    /// <inheritdoc/>
    public long FreeBytes(string directory)
    {
        lock (_lock)
        {
            return capacityBytes == long.MaxValue
                ? long.MaxValue
                : Math.Max(0, capacityBytes - _files.Values.Sum(content => content.Length));
        }
    }

    /// <inheritdoc/>
    public IDisposable Lock(string path)
    {
        lock (_lock)
        {
            return _locks.Add(path)
                ? new HeldLock(this, path)
                : throw new StorageException(StorageErrorKind.Locked, $"The data folder is in use: {path} is locked.");
        }
    }

    private void RequireDirectory(string directory)
    {
        if (!_directories.Contains(directory))
        {
            throw new StorageException(StorageErrorKind.Missing, $"There is no folder {directory}.");
        }
    }

    private static List<string> ChildrenOf(IEnumerable<string> names, string directory) =>
        [.. names.Where(name => IsBelow(name, directory) && ParentOf(name) == directory).Select(name => name[(directory.Length + 1)..])];

    private static bool IsBelow(string name, string directory) =>
        name.Length > directory.Length && name[directory.Length] == '/' && name.StartsWith(directory, StringComparison.Ordinal);

    private static string Normal(string path) => path.TrimEnd('/');

    private static string ParentOf(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash <= 0 ? "" : path[..slash];
    }

    private sealed class HeldLock(MemoryFileSystem owner, string path) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._lock)
            {
                owner._locks.Remove(path);
            }
        }
    }
}
