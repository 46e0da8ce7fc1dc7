using RaftStream.Model;
using RaftStream.Storage;
using RaftStream.Storage.Files;

namespace RaftStream.Simulation.Disk;

/// <summary>A disk with a page cache, a power switch and faults, all decided by one seed (F-3 to F-5).</summary>
/// <remarks>
/// <para>Not thread-safe: a simulation runs on one thread. The same seed and calls give the same bytes.</para>
/// <para>
/// <see cref="PowerLossIn"/> stops the machine at a chosen storage effect; <see cref="CrashImage"/> then gives one of the
/// disks that may be left, as many different ones as seeds are given. <see cref="RestartProcess"/> keeps the page cache.
/// </para>
/// </remarks>
public sealed class SimulatedDisk : IFileSystem
{
    private readonly Prng _random;
    private readonly HashSet<string> _locks = [];
    private readonly DiskFaults _faults;
    private SimulatedFolder _root;
    private int _incarnation;

    /// <summary>An empty disk.</summary>
    public SimulatedDisk(ulong seed)
        : this(new Prng(seed), NewRoot())
    {
    }

    private SimulatedDisk(Prng random, SimulatedFolder root)
    {
        _random = random;
        _faults = new DiskFaults(random);
        _root = root;
    }

    /// <summary>Wall time of the machine, milliseconds since 1970: stamps files.</summary>
    public long NowMs { get; set; }

    /// <summary>Bytes that fit on the disk; a write past it fails with <see cref="StorageErrorKind.DiskFull"/> (ENOSPC).</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>What the disk only pretends to do.</summary>
    public DiskLies Lies { get; set; }

    /// <summary>True: creating, writing, renaming and removing are refused (a read-only mount).</summary>
    public bool IsReadOnly
    {
        get => _faults.IsReadOnly;
        set => _faults.IsReadOnly = value;
    }

    /// <summary>Storage effects so far: creates, writes, cuts, renames, removals, flushes.</summary>
    public long Effects => _faults.Effects;

    /// <summary>Files that the process has open.</summary>
    public int OpenHandles { get; private set; }

    /// <summary>True after the power failed.</summary>
    public bool HasLostPower => _faults.HasLostPower;

    /// <summary>Lets the power fail at the given effect from now on (1: the next one), before or after it happens.</summary>
    public void PowerLossIn(long effects) => _faults.PowerLossIn(effects);

    /// <summary>Lets the next matching operation fail with <paramref name="kind"/>, or all of them.</summary>
    /// <param name="operation">What fails.</param>
    /// <param name="pathPart">Only paths that contain this; null is any.</param>
    /// <param name="forever">False: once.</param>
    /// <param name="kind">What the engine is told.</param>
    public void Fail(
        DiskOperation operation, string? pathPart = null, bool forever = false, StorageErrorKind kind = StorageErrorKind.Io) =>
        _faults.Plan(operation, pathPart, forever, kind);

    /// <summary>Forgets planned faults that did not happen yet.</summary>
    public void ClearFaults() => _faults.Clear();

    /// <summary>One of the disks that a power loss at this moment may leave; this disk stays as it is.</summary>
    public SimulatedDisk CrashImage(ulong imageSeed)
    {
        var random = new Prng(imageSeed);
        return new SimulatedDisk(random, _root.CrashImage(random))
        {
            NowMs = NowMs,
            CapacityBytes = CapacityBytes,
            Lies = Lies,
        };
    }

    /// <summary>The process dies and starts again, the machine runs on: locks and handles are gone, the page cache stays.</summary>
    /// <param name="evictCleanPages">True: pages that the kernel takes for clean are read anew from the disk.</param>
    /// <remarks>After <see cref="PowerLossIn"/>: it was not the machine that died there, only the process.</remarks>
    public void RestartProcess(bool evictCleanPages)
    {
        _incarnation++;
        OpenHandles = 0;
        _faults.RestorePower();
        _locks.Clear();
        if (evictCleanPages)
        {
            _root.ForEachFile(content => content.EvictCleanPages());
        }
    }

    /// <summary>Flips one random bit of a file (F-5); returns its position in bits, -1 when the file is empty.</summary>
    public long FlipBit(string path)
    {
        SimulatedContent content = File(path);
        if (content.Length == 0)
        {
            return -1;
        }

        long bit = _random.Next(0, content.Length * 8L);
        content.FlipBit(bit);
        return bit;
    }

    /// <summary>A file's bytes as read now.</summary>
    public byte[] ReadAll(string path) => File(path).Cached.ToArray();

    /// <summary>A file's bytes as a power loss would certainly leave them, if its name survives.</summary>
    public byte[] ReadDurable(string path) => File(path).Durable.ToArray();

    /// <summary>Replaces a file's bytes, durably: a test's own damage.</summary>
    public void Overwrite(string path, ReadOnlySpan<byte> bytes)
    {
        SimulatedContent content = File(path);
        content.SetLength(0);
        content.Write(bytes, 0);
        content.Flush();
    }

    /// <inheritdoc/>
    public IFile Open(string path, FileOpenMode mode)
    {
        (SimulatedFolder folder, string name) = Parent(path);
        object? node = folder.Find(name);
        if (node is SimulatedFolder || (mode == FileOpenMode.CreateNew && node is not null))
        {
            throw new StorageException(StorageErrorKind.Missing, $"{path} exists already.");
        }

        bool creates = mode is FileOpenMode.CreateNew or FileOpenMode.CreateOrTruncate;
        if (!creates)
        {
            _faults.ThrowIfPlanned(DiskOperation.Open, path);
            return node is SimulatedContent existing
                ? Handle(existing, path)
                : throw new StorageException(StorageErrorKind.Missing, $"There is no file {path}.");
        }

        SimulatedContent? content = node as SimulatedContent;
        _faults.Effect(DiskOperation.Open, path, () =>
        {
            if (content is null)
            {
                content = new SimulatedContent { LastWriteTimeMs = NowMs };
                folder.Add(name, content);
            }
            else
            {
                content.SetLength(0);
            }
        });
        return Handle(content!, path);
    }

    /// <inheritdoc/>
    public bool FileExists(string path) => TryFind(path) is SimulatedContent;

    /// <inheritdoc/>
    public bool DirectoryExists(string path) => TryFind(path) is SimulatedFolder;

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        if (DirectoryExists(path))
        {
            return;
        }

        int slash = path.LastIndexOf('/');
        if (slash > 0)
        {
            CreateDirectory(path[..slash]);
        }

        (SimulatedFolder folder, string name) = Parent(path);
        _faults.Effect(DiskOperation.Open, path, () => folder.Add(name, new SimulatedFolder()));
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory) =>
        [.. Folder(directory).Names.Where(pair => pair.Value is SimulatedContent).Select(pair => pair.Key)];

    /// <inheritdoc/>
    public IReadOnlyList<string> ListDirectories(string directory) =>
        [.. Folder(directory).Names.Where(pair => pair.Value is SimulatedFolder).Select(pair => pair.Key)];

    /// <inheritdoc/>
    public void Rename(string from, string to)
    {
        (SimulatedFolder folder, string name) = Parent(from);
        (SimulatedFolder target, string newName) = Parent(to);
        Invariant.Check(folder == target);
        if (folder.Find(name) is null)
        {
            throw new StorageException(StorageErrorKind.Missing, $"There is no {from}.");
        }

        _faults.Effect(DiskOperation.Rename, from, () => folder.Rename(name, newName));
    }

    /// <inheritdoc/>
    public void DeleteFile(string path)
    {
        (SimulatedFolder folder, string name) = Parent(path);
        if (folder.Find(name) is not null)
        {
            _faults.Effect(DiskOperation.Delete, path, () => folder.Remove(name));
        }
    }

    /// <inheritdoc/>
    public void DeleteDirectory(string path)
    {
        if (!DirectoryExists(path))
        {
            return;
        }

        foreach (string name in ListDirectories(path))
        {
            DeleteDirectory($"{path}/{name}");
        }

        foreach (string name in ListFiles(path))
        {
            DeleteFile($"{path}/{name}");
        }

        (SimulatedFolder folder, string folderName) = Parent(path);
        _faults.Effect(DiskOperation.Delete, path, () => folder.Remove(folderName));
    }

    /// <inheritdoc/>
    public void SyncDirectory(string directory)
    {
        SimulatedFolder folder = Folder(directory);
        _faults.Effect(DiskOperation.SyncDirectory, directory, () =>
        {
            if ((Lies & DiskLies.SyncDirectory) == 0)
            {
                folder.Sync();
            }
        });
    }

    /// <inheritdoc/>
    public long LastWriteTimeMs(string path) => File(path).LastWriteTimeMs;

    /// <inheritdoc/>
    public long FreeBytes(string directory) =>
        CapacityBytes == long.MaxValue ? long.MaxValue : Math.Max(0, CapacityBytes - UsedBytes());

    /// <inheritdoc/>
    public IDisposable Lock(string path)
    {
        _faults.ThrowIfOff();
        if (IsReadOnly)
        {
            throw new StorageException(StorageErrorKind.ReadOnly, $"{path}: read-only file system.");
        }

        return _locks.Add(path)
            ? new HeldLock(this, path, _incarnation)
            : throw new StorageException(StorageErrorKind.Locked, $"{path} is locked.");
    }

    internal void Close(SimulatedFile file)
    {
        if (file.Incarnation == _incarnation)
        {
            OpenHandles--;
        }
    }

    internal int Read(SimulatedFile file, Span<byte> destination, long position)
    {
        ThrowIfStale(file);
        _faults.ThrowIfPlanned(DiskOperation.Read, file.Path);
        return file.Content.Read(destination, position);
    }

    internal void Write(SimulatedFile file, ReadOnlySpan<byte> source, long position)
    {
        ThrowIfStale(file);
        byte[] bytes = source.ToArray();
        long growth = Math.Max(0, position + bytes.Length - file.Content.Length);
        long room = CapacityBytes == long.MaxValue ? long.MaxValue : CapacityBytes - UsedBytes();
        if (growth > room)
        {
            // A short write, then ENOSPC, as the system does it.
            int fits = (int)Math.Clamp(bytes.Length - (growth - room), 0, bytes.Length);
            file.Content.Write(bytes.AsSpan(0, fits), position);
            throw new StorageException(StorageErrorKind.DiskFull, $"write of {file.Path} failed: no space left on device.");
        }

        _faults.Effect(
            DiskOperation.Write,
            file.Path,
            () => file.Content.Write(bytes, position),
            () => file.Content.Write(bytes.AsSpan(0, _random.Next(bytes.Length + 1)), position));
        file.Content.LastWriteTimeMs = NowMs;
    }

    internal void SetLength(SimulatedFile file, long length)
    {
        ThrowIfStale(file);
        _faults.Effect(DiskOperation.SetLength, file.Path, () => file.Content.SetLength(checked((int)length)));
    }

    internal void Flush(SimulatedFile file)
    {
        ThrowIfStale(file);
        _faults.Effect(
            DiskOperation.Flush,
            file.Path,
            () =>
            {
                if ((Lies & DiskLies.Flush) == 0)
                {
                    file.Content.Flush();
                }
            },
            () => file.Content.FailFlush(_random));
    }

    private SimulatedFile Handle(SimulatedContent content, string path)
    {
        OpenHandles++;
        return new SimulatedFile(this, content, path, _incarnation);
    }

    private static SimulatedFolder NewRoot() => new();

    private void ThrowIfStale(SimulatedFile file)
    {
        _faults.ThrowIfOff();
        Invariant.Check(!file.IsDisposed);
        Invariant.Check(file.Incarnation == _incarnation); // A handle of a process that is dead.
    }

    /// <summary>Bytes in all files.</summary>
    public long UsedBytes()
    {
        long bytes = 0;
        _root.ForEachFile(content => bytes += content.Length);
        return bytes;
    }

    private object? TryFind(string path)
    {
        _faults.ThrowIfOff();
        object? node = _root;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            node = (node as SimulatedFolder)?.Find(part);
        }

        return node;
    }

    private SimulatedFolder Folder(string path) => TryFind(path) as SimulatedFolder
        ?? throw new StorageException(StorageErrorKind.Missing, $"There is no folder {path}.");

    private SimulatedContent File(string path) => TryFind(path) as SimulatedContent
        ?? throw new StorageException(StorageErrorKind.Missing, $"There is no file {path}.");

    private (SimulatedFolder Folder, string Name) Parent(string path)
    {
        int slash = path.LastIndexOf('/');
        return (slash <= 0 ? _root : Folder(path[..slash]), path[(slash + 1)..]);
    }

    private sealed class HeldLock(SimulatedDisk disk, string path, int incarnation) : IDisposable
    {
        public void Dispose()
        {
            if (disk._incarnation == incarnation)
            {
                disk._locks.Remove(path);
            }
        }
    }
}
