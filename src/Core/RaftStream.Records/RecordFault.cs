namespace RaftStream.Records;

/// <summary>
/// What exactly is wrong with a batch or a record; <see cref="RecordCheck"/> gives it an error code and a sentence.
/// </summary>
public enum RecordFault : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Fewer bytes than a header, or than the header's length promises.</summary>
    Truncated,

    /// <summary>The length field is negative or smaller than a header.</summary>
    ImpossibleLength,

    /// <summary>The magic byte is not 2.</summary>
    UnsupportedMagic,

    /// <summary>Bytes follow the one batch that is allowed.</summary>
    MoreThanOneBatch,

    /// <summary>The CRC-32C does not match the bytes.</summary>
    ChecksumMismatch,

    /// <summary>Larger than max.message.bytes.</summary>
    BatchTooLarge,

    /// <summary>Larger than a whole segment.</summary>
    BatchLargerThanSegment,

    /// <summary>A codec id without a meaning.</summary>
    UnknownCodec,

    /// <summary>The codec's native library is not installed here.</summary>
    CodecUnavailable,

    /// <summary>The compressed bytes are damaged.</summary>
    DecompressionFailed,

    /// <summary>The records are larger, decompressed, than the limit.</summary>
    DecompressedTooLarge,

    /// <summary>No records, or a negative count.</summary>
    NoRecords,

    /// <summary>
    /// The record count does not agree with the last offset delta, or the records end before the count is reached.
    /// </summary>
    RecordCountMismatch,

    /// <summary>Bytes are left after the last record.</summary>
    TrailingBytes,

    /// <summary>A record's length is impossible or leads past the end of the batch.</summary>
    BadRecordLength,

    /// <summary>A variable-length integer is cut or too long.</summary>
    BadVarint,

    /// <summary>
    /// A field leads past the end of its record, or the record's length is not the sum of its fields.
    /// </summary>
    BadRecordField,

    /// <summary>A header count is negative or impossible, or a header is malformed.</summary>
    BadHeaders,

    /// <summary>The offset deltas are not 0, 1, 2, ...</summary>
    OffsetsNotDense,

    /// <summary>A stored record's offset delta does not ascend, or lies past the last one.</summary>
    BadOffsetDelta,

    /// <summary>A record without a key in a compacted topic.</summary>
    KeyMissing,

    /// <summary>A timestamp before or after what the topic allows, or past the range of its type .</summary>
    TimestampOutOfRange,

    /// <summary>The producer marked the batch as stamped by the broker.</summary>
    TimestampTypeNotAllowed,

    /// <summary>The control flag is set by a client.</summary>
    ControlNotAllowed,

    /// <summary>The delete-horizon flag, which only compaction sets, is set by a client.</summary>
    DeleteHorizonNotAllowed,

    /// <summary>Producer id, epoch, sequence and the transactional flag contradict each other.</summary>
    BadProducerFields,
}
