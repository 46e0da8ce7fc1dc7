using Microsoft.Win32.SafeHandles;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Cli.Dump;

/// <summary>A segment file, read through a window that grows to the largest batch.</summary>
internal sealed class SegmentFile : IDisposable
{
    private const int SmallestWindow = 1024 * 1024;

    // How far behind damage a sound batch is looked for.
    private const long LongestSearch = 256L * 1024 * 1024;

    private readonly SafeFileHandle _handle;
    private byte[] _buffer = new byte[SmallestWindow];
    private long _start;
    private int _length;

    /// <summary>Opens <paramref name="path"/> for reading, whoever writes it.</summary>
    public SegmentFile(string path)
    {
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        Length = RandomAccess.GetLength(_handle);
    }

    /// <summary>Bytes in the file when it was opened.</summary>
    public long Length { get; }

    /// <summary>Up to <paramref name="count"/> bytes from <paramref name="position"/> on; fewer at the end of the file.</summary>
    /// <remarks>Valid until the next call.</remarks>
    public ReadOnlySpan<byte> Window(long position, int count)
    {
        count = (int)Math.Clamp(Length - position, 0, count);
        if (position < _start || position + count > _start + _length)
        {
            Fill(position, count);
        }

        return _buffer.AsSpan((int)(position - _start), count);
    }

    /// <summary>True when nothing but zeros follows.</summary>
    public bool IsAllZeros(long position)
    {
        for (; position < Length; position += SmallestWindow)
        {
            if (Window(position, SmallestWindow).ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Looks for a batch with the right checksum and an offset from <paramref name="expected"/> on.</summary>
    /// <returns>Where it begins; null when there is none within reach.</returns>
    public long? FindSoundBatch(long from, Offset expected)
    {
        long end = Math.Min(Length, from + LongestSearch) - RecordBatchHeader.Size;
        for (long position = from; position <= end; position++)
        {
            if (LooksLikeBatch(position, expected, out int size) && IsSound(position, size))
            {
                return position;
            }
        }

        return null;
    }

    /// <summary>True when the header at <paramref name="position"/> makes sense and its batch is wholly in the file.</summary>
    public bool LooksLikeBatch(long position, Offset expected, out int size)
    {
        RecordBatchHeader.TryRead(Window(position, RecordBatchHeader.Size), out RecordBatchHeader header);
        size = header.SizeInBytes;
        return header.CheckSanity(int.MaxValue).IsValid
            && size <= Length - position
            && header.BaseOffset >= expected
            && header.LastOffsetDelta >= 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private bool IsSound(long position, int size) =>
        RecordBatchIntegrity.Check(Window(position, size), int.MaxValue, out _).IsValid;

    private void Fill(long position, int count)
    {
        if (_buffer.Length < count)
        {
            _buffer = new byte[Math.Max(count, Math.Min(2L * _buffer.Length, Array.MaxLength))];
        }

        _start = position;
        _length = 0;
        while (_length < _buffer.Length)
        {
            int read = RandomAccess.Read(_handle, _buffer.AsSpan(_length), position + _length);
            if (read == 0)
            {
                break;
            }

            _length += read;
        }

        if (_length < count)
        {
            throw new IOException("The segment file became shorter while it was read.");
        }
    }
}
