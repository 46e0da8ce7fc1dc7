using System.Buffers;
using RaftStream.Storage.Files;

namespace RaftStream.Broker.Tests;

/// <summary>Puts a lock around a file system that is not thread-safe, and lets a test count, hold back and refuse flushes.</summary>
internal sealed class GuardedFiles(IFileSystem inner) : IFileSystem, IDisposable
{
    private readonly Lock _gate = new();
    private readonly ManualResetEventSlim _flushesMayRun = new(initialState: true);
    private readonly SemaphoreSlim _flushBegan = new(0);
    private int _flushes;

    /// <summary>Flushes of log files so far.</summary>
    public int LogFlushes => Volatile.Read(ref _flushes);

    /// <summary>Says what a path's flush shall throw; null lets it be.</summary>
    public Func<string, Exception?> FailFlush { get; set; } = _ => null;

    /// <summary>Says what reading a path shall throw; null lets it be.</summary>
    public Func<string, Exception?> FailRead { get; set; } = _ => null;

    /// <summary>Flushes of logs wait from now on.</summary>
    public void HoldFlushes() => _flushesMayRun.Reset();

    /// <summary>Flushes of logs run again.</summary>
    public void ReleaseFlushes() => _flushesMayRun.Set();

    /// <summary>Waits until a flush of a log has begun.</summary>
    public Task FlushBeganAsync() => _flushBegan.WaitAsync();

    public long MaxOpenFiles { get; init; } = long.MaxValue;

    public IFile Open(string path, FileOpenMode mode) => new GuardedFile(this, path, Run(() => inner.Open(path, mode)));

    public bool FileExists(string path) => Run(() => inner.FileExists(path));

    public bool DirectoryExists(string path) => Run(() => inner.DirectoryExists(path));

    public void CreateDirectory(string path) => Run(() => inner.CreateDirectory(path));

    public IReadOnlyList<string> ListFiles(string directory) => Run(() => inner.ListFiles(directory));

    public IReadOnlyList<string> ListDirectories(string directory) => Run(() => inner.ListDirectories(directory));

    public void Rename(string from, string to) => Run(() => inner.Rename(from, to));

    public void DeleteFile(string path) => Run(() => inner.DeleteFile(path));

    public void DeleteDirectory(string path) => Run(() => inner.DeleteDirectory(path));

    public void SyncDirectory(string directory) => Run(() => inner.SyncDirectory(directory));

    public long LastWriteTimeMs(string path) => Run(() => inner.LastWriteTimeMs(path));

    public long FreeBytes(string directory) => Run(() => inner.FreeBytes(directory));

    public IDisposable Lock(string path) => Run(() => inner.Lock(path));

    public void Dispose()
    {
        _flushesMayRun.Dispose();
        _flushBegan.Dispose();
    }

    private void Run(Action action)
    {
        lock (_gate)
        {
            action();
        }
    }

    private T Run<T>(Func<T> action)
    {
        lock (_gate)
        {
            return action();
        }
    }

    private sealed class GuardedFile(GuardedFiles owner, string path, IFile inner) : IFile
    {
        public long Length => owner.Run(() => inner.Length);

        public int Read(Span<byte> destination, long position)
        {
            if (owner.FailRead(path) is { } failure)
            {
                throw failure;
            }

            lock (owner._gate)
            {
                return inner.Read(destination, position);
            }
        }

        public void Write(ReadOnlySpan<byte> source, long position)
        {
            lock (owner._gate)
            {
                inner.Write(source, position);
            }
        }

        public void Write(ReadOnlySpan<byte> head, in ReadOnlySequence<byte> rest, long position)
        {
            lock (owner._gate)
            {
                inner.Write(head, rest, position);
            }
        }

        public void SetLength(long length) => owner.Run(() => inner.SetLength(length));

        public void Preallocate(long length) => owner.Run(() => inner.Preallocate(length));

        public void Flush()
        {
            if (path.EndsWith(".log", StringComparison.Ordinal) && !path.Contains("__cluster_metadata", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref owner._flushes);
                owner._flushBegan.Release();
                owner._flushesMayRun.Wait();
            }

            if (owner.FailFlush(path) is { } failure)
            {
                throw failure;
            }

            owner.Run(inner.Flush);
        }

        public void Dispose() => owner.Run(inner.Dispose);
    }
}
