using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage;

namespace RaftStream.Kafka.Fetching;

/// <summary>Fetch below version 10 comes from clients that may not know zstd (KIP-110): they get what stands before the first such batch.</summary>
internal static class ZstdGate
{
    /// <summary>First version of Fetch whose clients know zstd.</summary>
    public const short FirstVersion = 10;

    /// <summary>Says what of a slice may be sent; reads headers only.</summary>
    /// <param name="length">Bytes in front of the first batch compressed with zstd; all of the slice when there is none.</param>
    /// <returns>UNSUPPORTED_COMPRESSION_TYPE when the slice begins with such a batch.</returns>
    public static ErrorCode Check(in LogSlice slice, out int length)
    {
        Span<byte> bytes = stackalloc byte[RecordBatchHeader.Size];
        length = 0;
        try
        {
            while (length < slice.Length)
            {
                bool isWhole = slice.CopyTo(bytes, length) == bytes.Length;
                Invariant.Check(isWhole);
                RecordBatchHeader.TryRead(bytes, out RecordBatchHeader header);
                if (header.Codec == CompressionCodec.Zstd)
                {
                    return length == 0 ? ErrorCode.UnsupportedCompressionType : ErrorCode.None;
                }

                Invariant.Check(header.SizeInBytes >= RecordBatchHeader.Size);
                length += header.SizeInBytes;
            }
        }
        catch (StorageException)
        {
            return ErrorCode.KafkaStorageError; // the log was cut meanwhile, or its disk fails: clients ask again
        }

        Invariant.Check(length == slice.Length);
        return ErrorCode.None;
    }
}
