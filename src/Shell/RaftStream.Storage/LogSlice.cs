using System.Buffers;
using System.Runtime.InteropServices;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Segments;

namespace RaftStream.Storage;

/// <summary>Whole record batches of one segment, pinned in place: file bytes to be copied straight into a response.</summary>
/// <remarks>
/// Holds a lease on its segment: retention may delete the segment meanwhile, the bytes stay readable until
/// <see cref="Dispose"/>. Dispose exactly once, on one copy of the struct. Copying may run on any thread.
/// </remarks>
public readonly struct LogSlice : IDisposable
{
    private readonly LogState? _log;
    private readonly LogSegment? _segment;
    private readonly long _position;
    private readonly int _truncations;

    internal LogSlice(ErrorCode error, Offset asked)
    {
        Error = error;
        FirstOffset = asked;
        NextOffset = asked;
    }

    private LogSlice(in LogSlice whole, int length)
    {
        this = whole;
        Length = length;
    }

    internal LogSlice(LogState log, LogSegment segment, int truncations, in BatchRun run)
    {
        _log = log;
        _segment = segment;
        _truncations = truncations;
        _position = run.Position;
        Length = run.Length;
        FirstOffset = run.FirstOffset;
        NextOffset = run.NextOffset;
    }

    /// <summary><see cref="ErrorCode.None"/>, or why there is nothing: <see cref="ErrorCode.OffsetOutOfRange"/> outside
    /// [log start, log end], <see cref="ErrorCode.KafkaStorageError"/> when the segment's bytes are damaged .</summary>
    public ErrorCode Error { get; }

    /// <summary>Bytes in the slice; 0 when there was nothing to read below the bound.</summary>
    public int Length { get; }

    /// <summary>Base offset of the first batch, at or below the asked offset; the asked offset when the slice is empty.</summary>
    public Offset FirstOffset { get; }

    /// <summary>Offset after the last batch of the slice: where to read on; the asked offset when the slice is empty.</summary>
    public Offset NextOffset { get; }

    /// <summary>True when there are no bytes.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The same slice with fewer bytes: the batches at its front. It shares the lease: dispose of one of them only.</summary>
    /// <param name="length">Where a batch ends, at most <see cref="Length"/>; <see cref="NextOffset"/> stays that of the whole.</param>
    public LogSlice Front(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        return new LogSlice(this, length);
    }

    /// <summary>Copies bytes from <paramref name="at"/> on until <paramref name="destination"/> is full or the slice ends.</summary>
    /// <returns>Bytes copied.</returns>
    /// <exception cref="StorageException">
    /// The read failed; or, with kind <see cref="StorageErrorKind.Truncated"/>, the log was cut below the end of the
    /// slice meanwhile: give this answer up, the log is well.
    /// </exception>
    public int CopyTo(Span<byte> destination, int at)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(at);
        if (_segment is null || at >= Length)
        {
            return 0;
        }

        try
        {
            return Read(_segment, destination[..Math.Min(destination.Length, Length - at)], at);
        }
        catch (StorageException exception)
        {
            _log!.ReadFailed(FirstOffset, exception); // Whoever sends this does so far from who can do something about it.
            throw;
        }
    }

    private int Read(LogSegment segment, Span<byte> destination, int at)
    {
        int read = segment.File.Read(destination, _position + at);
        bool intact = segment.IsIntact(_truncations, _position + Length);
        return intact && read == destination.Length
            ? read
            : throw new StorageException(
                intact ? StorageErrorKind.Corrupt : StorageErrorKind.Truncated,
                intact
                    ? $"{segment.LogPath} ends at {_position + at + read}, below offset {NextOffset} that it held."
                    : $"{segment.LogPath} was truncated below offset {NextOffset} while it was being read.");
    }

    /// <summary>Has the kernel send bytes from <paramref name="at"/> on to a socket that does not block, without a copy in this process.</summary>
    /// <returns>Bytes sent; 0 when the socket takes none now; -1 when that cannot be done here: <see cref="CopyTo"/> and send.</returns>
    /// <exception cref="StorageException">Kind <see cref="StorageErrorKind.Truncated"/>: give this answer up, what was sent may be wrong.</exception>
    public int SendTo(SafeHandle socket, int at)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(at);
        if (_segment is null || at >= Length)
        {
            return 0;
        }

        int sent = _segment.File.SendTo(socket, _position + at, Length - at);
        return _segment.IsIntact(_truncations, _position + Length)
            ? sent
            : throw new StorageException(
                StorageErrorKind.Truncated, $"{_segment.LogPath} was truncated below offset {NextOffset} while it was being sent.");
    }

    /// <summary>Reads everything and checks each batch as its reader would. Blocks.</summary>
    /// <returns>What is wrong, for people; null when nothing is.</returns>
    /// <exception cref="StorageException">As <see cref="CopyTo"/>.</exception>
    public string? FindDamage()
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Length);
        try
        {
            CopyTo(bytes.AsSpan(0, Length), 0);
            for (int at = 0; at < Length;)
            {
                if (!RecordBatchIntegrity.Check(bytes.AsSpan(at, Length - at), int.MaxValue, out RecordBatchHeader header).IsValid)
                {
                    return $"{_segment!.LogPath} has a batch with a wrong checksum at byte {_position + at}, at or above offset {FirstOffset}.";
                }

                at += header.SizeInBytes;
            }

            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Releases the lease.</summary>
    public void Dispose() => _segment?.Release();
}
