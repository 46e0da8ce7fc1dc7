using System.Buffers;
using RaftStream.Storage.Files;

namespace RaftStream.Simulation.Disk;

/// <summary>A handle on a simulated file.</summary>
internal sealed class SimulatedFile(SimulatedDisk disk, SimulatedContent content, string path, int incarnation) : IFile
{
    public long Length => Content.Length;

    internal SimulatedContent Content { get; } = content;

    internal string Path { get; } = path;

    internal int Incarnation { get; } = incarnation;

    internal bool IsDisposed { get; private set; }

    public int Read(Span<byte> destination, long position) => disk.Read(this, destination, position);

    public void Write(ReadOnlySpan<byte> source, long position) => disk.Write(this, source, position);

    public void Write(ReadOnlySpan<byte> head, in ReadOnlySequence<byte> rest, long position)
    {
        byte[] all = new byte[head.Length + (int)rest.Length];
        head.CopyTo(all);
        rest.CopyTo(all.AsSpan(head.Length));
        disk.Write(this, all, position);
    }

    public void SetLength(long length) => disk.SetLength(this, length);

    public void Preallocate(long length)
    {
    }

    public void Flush() => disk.Flush(this);

    public void Dispose()
    {
        if (!IsDisposed)
        {
            IsDisposed = true;
            disk.Close(this);
        }
    }
}
