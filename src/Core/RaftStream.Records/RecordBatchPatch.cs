using System.Buffers.Binary;

namespace RaftStream.Records;

/// <summary>Changes header fields of an encoded batch in place, given the header only.</summary>
/// <remarks>
/// The checksum covers the fields from the attributes on. It is not computed again over the records but moved by the
/// difference of the headers (a CRC is linear): a batch that was damaged before stays visibly damaged, and the cost
/// does not depend on the batch's size.
/// </remarks>
public static class RecordBatchPatch
{
    /// <summary>Sets timestamp type and largest timestamp, and corrects the checksum .</summary>
    /// <param name="batch">A sane batch or its header: the first 61 bytes are read and written.</param>
    /// <param name="type">With log append time, <paramref name="maxTimestamp"/> is the time of every record.</param>
    public static void Timestamp(Span<byte> batch, TimestampType type, long maxTimestamp)
    {
        Span<byte> header = batch[..RecordBatchHeader.Size];
        uint before = ChecksumOfHeader(header);
        short attributes = BinaryPrimitives.ReadInt16BigEndian(header[RecordBatchHeader.AttributesAt..]);
        attributes = (short)(type == TimestampType.LogAppendTime
            ? attributes | RecordBatchHeader.LogAppendTimeBit
            : attributes & ~RecordBatchHeader.LogAppendTimeBit);
        BinaryPrimitives.WriteInt16BigEndian(header[RecordBatchHeader.AttributesAt..], attributes);
        BinaryPrimitives.WriteInt64BigEndian(header[RecordBatchHeader.MaxTimestampAt..], maxTimestamp);
        CorrectChecksum(header, before);
    }

    /// <summary>
    /// Sets who wrote the batch, and corrects the checksum: for a producer that got a new epoch and sends again.
    /// </summary>
    /// <param name="batch">A sane batch or its header: the first 61 bytes are read and written.</param>
    public static void Producer(Span<byte> batch, long producerId, short producerEpoch, int baseSequence)
    {
        Span<byte> header = batch[..RecordBatchHeader.Size];
        uint before = ChecksumOfHeader(header);
        BinaryPrimitives.WriteInt64BigEndian(header[RecordBatchHeader.ProducerIdAt..], producerId);
        BinaryPrimitives.WriteInt16BigEndian(header[RecordBatchHeader.ProducerEpochAt..], producerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(header[RecordBatchHeader.BaseSequenceAt..], baseSequence);
        CorrectChecksum(header, before);
    }

    private static uint ChecksumOfHeader(ReadOnlySpan<byte> header) =>
        Crc32C.Compute(header[RecordBatchHeader.ChecksummedFrom..]);

    private static void CorrectChecksum(Span<byte> header, uint before)
    {
        int batchLength = BinaryPrimitives.ReadInt32BigEndian(header[RecordBatchHeader.BatchLengthAt..]);
        long recordsSize = (long)batchLength + RecordBatchHeader.LengthPrefixSize - RecordBatchHeader.Size;
        ArgumentOutOfRangeException.ThrowIfNegative(recordsSize, nameof(header));
        uint difference = before ^ ChecksumOfHeader(header);
        Span<byte> crcField = header[RecordBatchHeader.CrcAt..];
        uint crc = BinaryPrimitives.ReadUInt32BigEndian(crcField) ^ Crc32C.Shift(difference, recordsSize);
        BinaryPrimitives.WriteUInt32BigEndian(crcField, crc);
    }
}
