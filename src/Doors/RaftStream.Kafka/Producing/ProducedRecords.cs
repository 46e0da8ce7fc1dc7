using RaftStream.Kafka.Protocol;
using RaftStream.Model;
using RaftStream.Records;

namespace RaftStream.Kafka.Producing;

/// <summary>What Kafka's produce versions allow in records, before the broker looks at the batch itself .</summary>
internal static class ProducedRecords
{
    private const short FirstWithZstd = 7;

    // Where all formats have their magic byte, and where it stands in a batch header.
    private const int MagicAt = 16;

    /// <summary>Looks at the front of the records only.</summary>
    /// <param name="why">A sentence for people.</param>
    public static ErrorCode Check(WireBytes records, string? transactionalId, short version, out string? why)
    {
        why = null;
        if (records.IsNull || records.IsEmpty)
        {
            why = "There are no records; exactly one record batch is needed for each partition.";
            return ErrorCode.InvalidRecord;
        }

        if (transactionalId is not null)
        {
            why = "Transactions are not supported by this version: send without a transactional id.";
            return ErrorCode.InvalidRecord;
        }

        // Before all else: the older formats have other fields behind it, of which nothing sensible could be said.
        if (records.Length > MagicAt && records.Bytes.Slice(MagicAt, 1).FirstSpan[0] != RecordBatchHeader.CurrentMagic)
        {
            why = "Only record batches of magic 2 are taken.";
            return ErrorCode.InvalidRecord;
        }

        if (version < FirstWithZstd && RecordBatchHeader.TryRead(records.Bytes, out RecordBatchHeader header)
            && header.Codec == CompressionCodec.Zstd)
        {
            why = "zstd needs version 7 of Produce or later.";
            return ErrorCode.UnsupportedCompressionType;
        }

        return ErrorCode.None;
    }
}
