namespace RaftStream.Records;

/// <summary>How batches are built.</summary>
public sealed record RecordBatchBuilderOptions
{
    /// <summary>No compression, 64-KiB batches.</summary>
    public static readonly RecordBatchBuilderOptions Default = new();

    /// <summary>How the records are compressed. Default none.</summary>
    public CompressionCodec Codec { get; init; }

    /// <summary>Effort in the codec's own scale (gzip 0-9, lz4 0-12, zstd -7 to 22); null is its default.</summary>
    public int? CompressionLevel { get; init; }

    /// <summary>
    /// Size before compression, header included, that a batch of several records does not pass; a single record may.
    /// Default 64 KiB.
    /// </summary>
    public int BatchBytes { get; init; } = 64 * 1024;
}
