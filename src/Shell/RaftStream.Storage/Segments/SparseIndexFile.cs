using RaftStream.Storage.Files;

namespace RaftStream.Storage.Segments;

/// <summary>A key of fixed-size index entries that grows from entry to entry.</summary>
internal interface IEntryKey
{
    /// <summary>Reads the key of one entry.</summary>
    static abstract long Of(ReadOnlySpan<byte> entry);
}

/// <summary>Fixed-size entries with growing keys: the newest few in memory, the rest on the file.</summary>
/// <remarks>
/// Memory is bounded by one page per segment that is written to, and nothing for the others; a look-up that leaves the
/// page costs about ten reads out of the page cache. A memory map would save them, but cannot run on the simulated
/// disk, and a truncated map under a reader is a crash instead of an error.
/// Threads: the appender adds and truncates; readers search; the flusher persists. Truncation excludes the flusher.
/// The lock guards the page in memory and is never held during I/O.
/// </remarks>
internal sealed class SparseIndexFile(IFileSystem fileSystem, string path, int entryBytes) : IDisposable
{
    /// <summary>Bytes of the page in memory at most; also the unit of a search on the file.</summary>
    private const int PageBytes = 4096;

    private const int FirstPageBytes = 256;
    private const int NotLoaded = -1;

    private readonly Lock _lock = new();
    private readonly Lock _openLock = new();
    private readonly int _pageEntries = PageBytes / entryBytes;
    private byte[] _page = [];
    private int _inPage;
    private int _onFile; // NotLoaded: the file says, once it is needed
    private volatile IFile? _file;

    internal int EntryBytes => entryBytes;

    /// <summary>Entries in all.</summary>
    internal int Count
    {
        get
        {
            LoadIfNeeded();
            lock (_lock)
            {
                return _onFile + _inPage;
            }
        }
    }

    /// <summary>Starts with what the file holds, looked at when first needed; else the index begins empty.</summary>
    internal void UseFile() => _onFile = NotLoaded;

    /// <summary>Adds the newest entry; writes the page to the file when it is full. Appender only.</summary>
    internal void Add(ReadOnlySpan<byte> entry)
    {
        LoadIfNeeded();
        if (_inPage == _pageEntries)
        {
            // Only the appender changes the page: it may be read without the lock here.
            File().Write(_page.AsSpan(0, _inPage * entryBytes), (long)_onFile * entryBytes);
            lock (_lock)
            {
                _onFile += _inPage;
                _inPage = 0;
            }
        }

        lock (_lock)
        {
            int at = _inPage * entryBytes;
            if (at + entryBytes > _page.Length)
            {
                Array.Resize(ref _page, Math.Clamp(_page.Length * 2, FirstPageBytes, PageBytes));
            }

            entry.CopyTo(_page.AsSpan(at));
            _inPage++;
        }
    }

    /// <summary>Finds the last entry whose key is at most <paramref name="key"/>; false when there is none.</summary>
    internal bool TryFloor<TKey>(long key, Span<byte> entry)
        where TKey : IEntryKey
    {
        LoadIfNeeded();
        int onFile;
        lock (_lock)
        {
            onFile = _onFile;
            if (_inPage > 0 && TKey.Of(_page) <= key)
            {
                int at = Floor<TKey>(_page.AsSpan(0, _inPage * entryBytes), key);
                _page.AsSpan(at * entryBytes, entryBytes).CopyTo(entry);
                return true;
            }
        }

        return onFile > 0 && TryFloorOnFile<TKey>(key, onFile, entry);
    }

    /// <summary>Reads the entry at <paramref name="index"/>; false when there is none.</summary>
    internal bool TryRead(int index, Span<byte> entry) => Read(index, entry[..entryBytes]) == 1;

    /// <summary>Reads entries from <paramref name="index"/> on, at most what fits; returns how many (0: there are no more).</summary>
    internal int Read(int index, Span<byte> entries)
    {
        LoadIfNeeded();
        int fit = entries.Length / entryBytes;
        int onFile;
        lock (_lock)
        {
            onFile = _onFile;
            if (index >= onFile)
            {
                int count = Math.Clamp(_onFile + _inPage - index, 0, fit);
                _page.AsSpan((index - onFile) * entryBytes, count * entryBytes).CopyTo(entries);
                return count;
            }
        }

        int bytes = Math.Min(fit, onFile - index) * entryBytes;
        return index < 0 ? 0 : File().Read(entries[..bytes], (long)index * entryBytes) / entryBytes;
    }

    /// <summary>Drops entries from <paramref name="count"/> on, on the file too. Appender only, no flusher beside it.</summary>
    internal void Truncate(int count)
    {
        LoadIfNeeded();
        lock (_lock)
        {
            _inPage = Math.Clamp(count - _onFile, 0, _inPage);
            _onFile = Math.Min(_onFile, count);
        }

        // Not to what left the page: entries of the page that were persisted stay durable through a crash from here on.
        IFile file = File();
        if (file.Length > (long)count * entryBytes)
        {
            file.SetLength((long)count * entryBytes);
        }
    }

    /// <summary>Writes what is only in memory and makes the file durable. Flusher only.</summary>
    internal void Persist()
    {
        LoadIfNeeded();
        Span<byte> copy = stackalloc byte[PageBytes];
        int bytes;
        long position;
        lock (_lock)
        {
            bytes = _inPage * entryBytes;
            position = (long)_onFile * entryBytes;
            _page.AsSpan(0, bytes).CopyTo(copy);
        }

        // The appender may write the same entries to the same place meanwhile: same bytes, no harm.
        IFile file = File();
        if (bytes > 0)
        {
            file.Write(copy[..bytes], position);
        }

        file.Flush();
    }

    /// <summary>Persists, and gives the page in memory back: nothing will be added. Flusher only.</summary>
    internal void Seal()
    {
        Persist();
        lock (_lock)
        {
            _onFile += _inPage;
            _inPage = 0;
            _page = [];
        }
    }

    public void Dispose()
    {
        lock (_openLock)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    private bool TryFloorOnFile<TKey>(long key, int onFile, Span<byte> entry)
        where TKey : IEntryKey
    {
        IFile file = File();
        int lowPage = 0;
        int highPage = (onFile - 1) / _pageEntries;
        while (lowPage < highPage)
        {
            int middle = (lowPage + highPage + 1) / 2;
            Span<byte> first = entry[..entryBytes];
            if (file.Read(first, (long)middle * _pageEntries * entryBytes) < entryBytes)
            {
                return false; // Truncated meanwhile, or cut by a damaged disk: the caller walks from the segment's start.
            }

            if (TKey.Of(first) <= key)
            {
                lowPage = middle;
            }
            else
            {
                highPage = middle - 1;
            }
        }

        Span<byte> page = stackalloc byte[PageBytes];
        int entries = Math.Min(_pageEntries, onFile - (lowPage * _pageEntries));
        int read = file.Read(page[..(entries * entryBytes)], (long)lowPage * _pageEntries * entryBytes);
        int found = Floor<TKey>(page[..(read / entryBytes * entryBytes)], key);
        if (found < 0)
        {
            return false;
        }

        page.Slice(found * entryBytes, entryBytes).CopyTo(entry);
        return true;
    }

    private int Floor<TKey>(ReadOnlySpan<byte> entries, long key)
        where TKey : IEntryKey
    {
        int low = 0;
        int high = (entries.Length / entryBytes) - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (TKey.Of(entries[(middle * entryBytes)..]) <= key)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }

    private void LoadIfNeeded()
    {
        if (Volatile.Read(ref _onFile) != NotLoaded)
        {
            return;
        }

        int entries = fileSystem.FileExists(path) ? (int)(File().Length / entryBytes) : 0;
        lock (_lock)
        {
            if (_onFile == NotLoaded)
            {
                _onFile = entries;
            }
        }
    }

    private IFile File()
    {
        IFile? file = _file;
        if (file is not null)
        {
            return file;
        }

        lock (_openLock)
        {
            // A file of this name that is not ours to use is left over from a segment that was deleted: emptied.
            bool use = Volatile.Read(ref _onFile) == NotLoaded && fileSystem.FileExists(path);
            return _file ??= fileSystem.Open(path, use ? FileOpenMode.ReadWrite : FileOpenMode.CreateOrTruncate);
        }
    }
}
