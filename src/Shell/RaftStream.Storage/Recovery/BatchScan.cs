using System.Buffers;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage.Files;

namespace RaftStream.Storage.Recovery;

/// <summary>How far a file holds valid batches.</summary>
/// <param name="Position">File position behind the last valid batch.</param>
/// <param name="NextOffset">Offset behind it.</param>
/// <param name="LastEpoch">Its epoch.</param>
/// <param name="StoppedEarly">True when bytes are left that are no valid batch.</param>
internal readonly record struct ScanResult(long Position, Offset NextOffset, LeaderEpoch LastEpoch, bool StoppedEarly);

/// <summary>Checks batches one after the other as an unclean start must: length, magic, checksum, offset, epoch, count .</summary>
internal sealed class BatchScan(IFile file, bool verifyChecksum) : IDisposable
{
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(1 << 20);
    private long _bufferAt;
    private int _bufferLength;

    /// <summary>Walks from a batch border to the first thing that does not continue the log.</summary>
    /// <param name="position">Where to begin.</param>
    /// <param name="length">Where the file ends.</param>
    /// <param name="nextOffset">Base offset that the batch there must have.</param>
    /// <param name="lastEpoch">No batch may have a lower epoch.</param>
    /// <param name="stopAt">Base of the next segment: what lies behind it here is left of an interrupted recovery.</param>
    internal ScanResult Scan(long position, long length, Offset nextOffset, LeaderEpoch lastEpoch, Offset? stopAt)
    {
        while (position < length)
        {
            if (nextOffset >= stopAt || !TryReadHeader(position, length, out RecordBatchHeader header))
            {
                return new ScanResult(position, nextOffset, lastEpoch, StoppedEarly: true);
            }

            bool valid = header.BaseOffset == nextOffset
                && header.LastOffsetDelta >= 0
                && header.RecordCount >= 0 && header.RecordCount <= header.LastOffsetDelta + 1L
                && header.PartitionLeaderEpoch >= lastEpoch
                && (!verifyChecksum || IsChecksumRight(header, position));
            if (!valid)
            {
                return new ScanResult(position, nextOffset, lastEpoch, StoppedEarly: true);
            }

            position += header.SizeInBytes;
            nextOffset = header.NextOffset;
            lastEpoch = header.PartitionLeaderEpoch;
        }

        return new ScanResult(position, nextOffset, lastEpoch, StoppedEarly: false);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private bool TryReadHeader(long position, long length, out RecordBatchHeader header)
    {
        header = default;
        return length - position >= RecordBatchHeader.Size
            && RecordBatchHeader.TryRead(At(position, RecordBatchHeader.Size), out header)
            && header.CheckSanity((int)Math.Min(int.MaxValue, length - position)).IsValid;
    }

    /// <summary>In pieces: a length that was damaged costs reading, not memory.</summary>
    private bool IsChecksumRight(in RecordBatchHeader header, long position)
    {
        uint crc = 0;
        long at = position + RecordBatchHeader.ChecksummedFrom;
        long end = position + header.SizeInBytes;
        while (at < end)
        {
            ReadOnlySpan<byte> piece = At(at, (int)Math.Min(_buffer.Length, end - at));
            if (piece.IsEmpty)
            {
                return false;
            }

            crc = Crc32C.Append(crc, piece);
            at += piece.Length;
        }

        return crc == header.Crc;
    }

    /// <summary>Up to <paramref name="count"/> bytes from <paramref name="position"/> on: fewer only at the end of the buffer's reach or of the file.</summary>
    private ReadOnlySpan<byte> At(long position, int count)
    {
        bool buffered = position >= _bufferAt && position + count <= _bufferAt + _bufferLength;
        if (!buffered)
        {
            _bufferAt = position;
            _bufferLength = file.Read(_buffer, position);
        }

        int from = (int)(position - _bufferAt);
        return _buffer.AsSpan(from, Math.Min(count, _bufferLength - from));
    }
}
