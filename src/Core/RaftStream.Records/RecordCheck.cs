using System.Globalization;
using RaftStream.Model;

namespace RaftStream.Records;

/// <summary>Answer of a check or a read of bytes that others wrote: valid, or what is wrong and where.</summary>
/// <param name="Fault">What is wrong.</param>
/// <param name="RecordIndex">The record at fault, from 0; -1 when the batch as a whole is.</param>
public readonly record struct RecordCheck(RecordFault Fault, int RecordIndex = -1)
{
    /// <summary>Nothing is wrong; also the default value.</summary>
    public static readonly RecordCheck Valid = new(RecordFault.None);

    /// <summary>True when nothing is wrong.</summary>
    public bool IsValid => Fault == RecordFault.None;

    /// <summary>What a client is told .</summary>
    public ErrorCode Error => Fault switch
    {
        RecordFault.None => ErrorCode.None,
        RecordFault.Truncated or RecordFault.ImpossibleLength or RecordFault.ChecksumMismatch
            or RecordFault.DecompressionFailed => ErrorCode.CorruptMessage,
        RecordFault.BatchTooLarge or RecordFault.DecompressedTooLarge => ErrorCode.MessageTooLarge,
        RecordFault.BatchLargerThanSegment => ErrorCode.RecordListTooLarge,
        RecordFault.UnknownCodec or RecordFault.CodecUnavailable => ErrorCode.UnsupportedCompressionType,
        RecordFault.TimestampOutOfRange or RecordFault.TimestampTypeNotAllowed => ErrorCode.InvalidTimestamp,
        _ => ErrorCode.InvalidRecord,
    };

    /// <summary>One sentence for a person; allocates.</summary>
    public string Reason
    {
        get
        {
            string sentence = Sentence(Fault);
            return RecordIndex < 0
                ? sentence
                : string.Create(CultureInfo.InvariantCulture, $"Record {RecordIndex}: {sentence}");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => IsValid ? "valid" : $"{Error.KafkaName()}: {Reason}";

    private static string Sentence(RecordFault fault) => fault switch
    {
        RecordFault.None => "Nothing is wrong.",
        RecordFault.Truncated => "The batch is cut: fewer bytes than its length field promises.",
        RecordFault.ImpossibleLength => "The batch's length field is negative or smaller than a batch header.",
        RecordFault.UnsupportedMagic => "The batch's magic byte is not 2.",
        RecordFault.MoreThanOneBatch => "Bytes follow the batch; exactly one batch is allowed.",
        RecordFault.ChecksumMismatch => "The batch's CRC-32C does not match its bytes.",
        RecordFault.BatchTooLarge => "The batch is larger than max.message.bytes.",
        RecordFault.BatchLargerThanSegment => "The batch is larger than segment.bytes.",
        RecordFault.UnknownCodec => "The batch names a compression codec that does not exist.",
        RecordFault.CodecUnavailable => "The native library of the batch's compression codec is not installed.",
        RecordFault.DecompressionFailed => "The compressed records cannot be decompressed.",
        RecordFault.DecompressedTooLarge => "The decompressed records are larger than the limit.",
        RecordFault.NoRecords => "The batch has no records.",
        RecordFault.RecordCountMismatch => "The record count disagrees with the last offset delta or with the records.",
        RecordFault.TrailingBytes => "Bytes are left after the last record.",
        RecordFault.BadRecordLength => "The record's length is impossible or leads past the end of the batch.",
        RecordFault.BadVarint => "A variable-length integer is cut or too long.",
        RecordFault.BadRecordField => "The record's fields do not fill its length exactly.",
        RecordFault.BadHeaders => "The record's headers are malformed.",
        RecordFault.OffsetsNotDense => "The record's offset delta is not its position in the batch.",
        RecordFault.BadOffsetDelta => "The record's offset delta does not ascend, or lies past the batch's last one.",
        RecordFault.KeyMissing => "A compacted topic accepts only records with a key.",
        RecordFault.TimestampOutOfRange => "The timestamp is outside what the topic allows.",
        RecordFault.TimestampTypeNotAllowed => "A producer may not set the timestamp type to LogAppendTime.",
        RecordFault.ControlNotAllowed => "Clients may not write control batches.",
        RecordFault.DeleteHorizonNotAllowed => "Clients may not set the delete horizon.",
        RecordFault.BadProducerFields => "Producer id, epoch, sequence and transactional flag contradict each other.",
        _ => fault.ToString(),
    };
}
