using System.Text.Json;
using RaftStream.Records;

namespace RaftStream.Cli.Dump;

/// <summary>The fields of a batch header as JSON, and the names of their values.</summary>
internal static class BatchFields
{
    /// <summary>The codec as in Kafka's configs.</summary>
    public static string CodecName(CompressionCodec codec) => codec switch
    {
        CompressionCodec.None => "none",
        CompressionCodec.Gzip => "gzip",
        CompressionCodec.Snappy => "snappy",
        CompressionCodec.Lz4 => "lz4",
        CompressionCodec.Zstd => "zstd",
        _ => $"unknown ({(int)codec})",
    };

    /// <summary>Writes the members of a batch's header.</summary>
    public static void Write(Utf8JsonWriter json, in RecordBatchHeader header)
    {
        json.WriteNumber("baseOffset", header.BaseOffset.Value);
        json.WriteNumber("lastOffset", header.LastOffset.Value);
        json.WriteNumber("recordCount", header.RecordCount);
        json.WriteNumber("partitionLeaderEpoch", header.PartitionLeaderEpoch.Value);
        json.WriteNumber("sizeBytes", header.SizeInBytes);
        json.WriteNumber("magic", header.Magic);
        json.WriteNumber("crc", header.Crc);
        json.WriteString("codec", CodecName(header.Codec));
        json.WriteString("timestampType", header.TimestampType.ToString());
        json.WriteNumber("baseTimestampMs", header.BaseTimestamp);
        json.WriteNumber("maxTimestampMs", header.MaxTimestamp);
        json.WriteNumber("producerId", header.ProducerId);
        json.WriteNumber("producerEpoch", header.ProducerEpoch);
        json.WriteNumber("baseSequence", header.BaseSequence);
        json.WriteBoolean("transactional", header.IsTransactional);
        json.WriteBoolean("control", header.IsControl);
        if (header.DeleteHorizonMs is { } horizon)
        {
            json.WriteNumber("deleteHorizonMs", horizon);
        }
    }
}
