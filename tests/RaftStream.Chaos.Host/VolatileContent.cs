using RaftStream.Model;
using RaftStream.Storage.Files;

namespace RaftStream.Chaos.Host;

/// <summary>
/// The bytes of one file: what was flushed lies in the file below, everything else in this process's memory only, where
/// kill -9 finds it. So kill -9 of the process does to its files what a power loss does to a machine's.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class VolatileContent(IFile below)
{
    private const int PageBytes = 4096;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, byte[]> _dirty = [];
    private long _length = below.Length;

    /// <summary>Below this the file below is what was flushed; above it counts as zeros: it was cut off meanwhile.</summary>
    private long _kept = below.Length;

    private bool _isCut;

    public long Length
    {
        get
        {
            lock (_lock)
            {
                return _length;
            }
        }
    }

    public int Read(Span<byte> destination, long position)
    {
        lock (_lock)
        {
            int total = (int)Math.Clamp(_length - position, 0, destination.Length);
            for (int done = 0; done < total;)
            {
                long page = (position + done) / PageBytes;
                int at = (int)((position + done) % PageBytes);
                int count = Math.Min(PageBytes - at, total - done);
                Span<byte> part = destination.Slice(done, count);
                if (_dirty.TryGetValue(page, out byte[]? bytes))
                {
                    bytes.AsSpan(at, count).CopyTo(part);
                }
                else
                {
                    ReadBelow(part, position + done);
                }

                done += count;
            }

            return total;
        }
    }

    public void Write(ReadOnlySpan<byte> source, long position)
    {
        lock (_lock)
        {
            while (!source.IsEmpty)
            {
                long page = position / PageBytes;
                int at = (int)(position % PageBytes);
                int count = Math.Min(PageBytes - at, source.Length);
                source[..count].CopyTo(PageFor(page).AsSpan(at));
                source = source[count..];
                position += count;
                _length = Math.Max(_length, position);
            }
        }
    }

    public void SetLength(long length)
    {
        lock (_lock)
        {
            foreach (long page in (long[])[.. _dirty.Keys.Where(page => page * PageBytes >= length)])
            {
                _dirty.Remove(page);
            }

            if (length < _length && _dirty.TryGetValue(length / PageBytes, out byte[]? last))
            {
                last.AsSpan((int)(length % PageBytes)).Clear();
            }

            _isCut |= length < _kept;
            _kept = Math.Min(_kept, length);
            _length = length;
        }
    }

    /// <summary>What fdatasync promises: everything is in the file below.</summary>
    public void Flush()
    {
        lock (_lock)
        {
            if (_kept < below.Length)
            {
                below.SetLength(_kept);
            }

            foreach ((long page, byte[] bytes) in _dirty)
            {
                long position = page * PageBytes;
                below.Write(bytes.AsSpan(0, (int)Math.Min(PageBytes, _length - position)), position);
            }

            if (below.Length != _length)
            {
                below.SetLength(_length);
            }

            _dirty.Clear();
            _kept = _length;
            _isCut = false;
        }
    }

    /// <summary>What a kernel does between flushes: some of the pages reach the disk, in any order (F-3); zeros are where others are missing.</summary>
    public void WriteBackSome(Prng random)
    {
        lock (_lock)
        {
            if (_isCut)
            {
                return; // The cut did not reach the disk yet, so the old bytes are still there.
            }

            foreach ((long page, byte[] bytes) in _dirty)
            {
                long position = page * PageBytes;
                if (random.OneIn(3))
                {
                    below.Write(bytes.AsSpan(0, (int)Math.Min(PageBytes, _length - position)), position);
                }
            }
        }
    }

    private byte[] PageFor(long page)
    {
        if (!_dirty.TryGetValue(page, out byte[]? bytes))
        {
            bytes = new byte[PageBytes];
            ReadBelow(bytes, page * PageBytes);
            _dirty.Add(page, bytes);
        }

        return bytes;
    }

    private void ReadBelow(Span<byte> destination, long position)
    {
        destination.Clear();
        int count = (int)Math.Clamp(_kept - position, 0, destination.Length);
        if (count > 0)
        {
            below.Read(destination[..count], position);
        }
    }
}
