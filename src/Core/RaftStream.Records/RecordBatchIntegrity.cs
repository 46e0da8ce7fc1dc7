using System.Buffers;

namespace RaftStream.Records;

/// <summary>Whether the bytes of a batch are whole and unchanged; says nothing of the records in it.</summary>
/// <remarks>
/// What recovery checks on disk and a follower on what it fetched, before either trusts a header.
/// </remarks>
public static class RecordBatchIntegrity
{
    /// <summary>Checks length, magic and checksum of the batch at the front of <paramref name="source"/>.</summary>
    /// <param name="maxSizeInBytes">Largest batch to accept.</param>
    /// <param name="header">As read, when at least a header is there; else default.</param>
    /// <returns><see cref="RecordFault.Truncated"/> when the source ends before the batch does.</returns>
    public static RecordCheck Check(ReadOnlySpan<byte> source, int maxSizeInBytes, out RecordBatchHeader header)
    {
        RecordCheck check = RecordBatchHeader.TryRead(source, out header)
            ? CheckLength(header, source.Length, maxSizeInBytes)
            : new RecordCheck(RecordFault.Truncated);
        return check.IsValid && !IsChecksumRight(header, source)
            ? new RecordCheck(RecordFault.ChecksumMismatch)
            : check;
    }

    /// <inheritdoc cref="Check(ReadOnlySpan{byte}, int, out RecordBatchHeader)"/>
    public static RecordCheck Check(in ReadOnlySequence<byte> source, int maxSizeInBytes, out RecordBatchHeader header)
    {
        RecordCheck check = RecordBatchHeader.TryRead(source, out header)
            ? CheckLength(header, source.Length, maxSizeInBytes)
            : new RecordCheck(RecordFault.Truncated);
        return check.IsValid && !IsChecksumRight(header, source)
            ? new RecordCheck(RecordFault.ChecksumMismatch)
            : check;
    }

    /// <summary>True when the checksum of the batch is the one in its header.</summary>
    /// <param name="batch">At least <see cref="RecordBatchHeader.SizeInBytes"/> of the header.</param>
    public static bool IsChecksumRight(in RecordBatchHeader header, ReadOnlySpan<byte> batch) =>
        Crc32C.Compute(batch[RecordBatchHeader.ChecksummedFrom..header.SizeInBytes]) == header.Crc;

    /// <inheritdoc cref="IsChecksumRight(in RecordBatchHeader, ReadOnlySpan{byte})"/>
    public static bool IsChecksumRight(in RecordBatchHeader header, in ReadOnlySequence<byte> batch)
    {
        const int From = RecordBatchHeader.ChecksummedFrom;
        return Crc32C.Compute(batch.Slice(From, header.SizeInBytes - From)) == header.Crc;
    }

    private static RecordCheck CheckLength(in RecordBatchHeader header, long available, int maxSizeInBytes)
    {
        RecordCheck check = header.CheckSanity(maxSizeInBytes);
        return check.IsValid && header.SizeInBytes > available ? new RecordCheck(RecordFault.Truncated) : check;
    }
}
