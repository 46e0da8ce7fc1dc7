using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Chaos.Host;

/// <summary>
/// The operating system's files, except that bytes reach them only by a flush: the process that dies takes the rest along.
/// Names (creates, renames, deletes) reach them at once; what becomes of those is a matter of the simulated disk's tests.
/// </summary>
internal sealed class VolatileFileSystem(IFileSystem below, Faults faults) : IFileSystem
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, VolatileContent> _contents = [];

    public long MaxOpenFiles => below.MaxOpenFiles;

    public IFile Open(string path, FileOpenMode mode)
    {
        lock (_lock)
        {
            string name = Path.GetFullPath(path);
            if (mode is FileOpenMode.CreateNew or FileOpenMode.CreateOrTruncate || !_contents.TryGetValue(name, out VolatileContent? content))
            {
                // For writing in any case: a reader may be the first to open what a writer opens next.
                IFile file = below.Open(path, mode == FileOpenMode.Read ? FileOpenMode.ReadWrite : mode);
                content = _contents[name] = new VolatileContent(file);
            }

            return new VolatileFile(content, path, faults);
        }
    }

    public bool FileExists(string path) => below.FileExists(path);

    public bool DirectoryExists(string path) => below.DirectoryExists(path);

    public void CreateDirectory(string path) => below.CreateDirectory(path);

    public IReadOnlyList<string> ListFiles(string directory) => below.ListFiles(directory);

    public IReadOnlyList<string> ListDirectories(string directory) => below.ListDirectories(directory);

    public void Rename(string from, string to)
    {
        lock (_lock)
        {
            below.Rename(from, to);
            (from, to) = (Path.GetFullPath(from), Path.GetFullPath(to));
            _contents.Remove(to);
            foreach (string name in (string[])[.. _contents.Keys.Where(name => IsAtOrBelow(name, from))])
            {
                _contents.Remove(name, out VolatileContent? moved);
                _contents[to + name[from.Length..]] = moved!;
            }
        }
    }

    public void DeleteFile(string path)
    {
        lock (_lock)
        {
            below.DeleteFile(path);
            _contents.Remove(Path.GetFullPath(path));
        }
    }

    public void DeleteDirectory(string path)
    {
        lock (_lock)
        {
            below.DeleteDirectory(path);
            foreach (string name in (string[])[.. _contents.Keys.Where(name => IsAtOrBelow(name, Path.GetFullPath(path)))])
            {
                _contents.Remove(name);
            }
        }
    }

    public void SyncDirectory(string directory)
    {
        // Names are safe already.
    }

    public long LastWriteTimeMs(string path) => below.LastWriteTimeMs(path);

    public long FreeBytes(string directory) => faults.IsFull ? 0 : below.FreeBytes(directory);

    public IDisposable Lock(string path) => below.Lock(path);

    /// <summary>Lets some of what was not flushed reach the disk, for a power loss to leave torn files behind.</summary>
    public void WriteBackSome(Prng random)
    {
        VolatileContent[] contents;
        lock (_lock)
        {
            contents = [.. _contents.Values];
        }

        foreach (VolatileContent content in contents)
        {
            if (random.OneIn(4))
            {
                content.WriteBackSome(random);
            }
        }
    }

    private static bool IsAtOrBelow(string name, string path) =>
        name == path || (name.StartsWith(path, StringComparison.Ordinal) && name[path.Length] == Path.DirectorySeparatorChar);
}
