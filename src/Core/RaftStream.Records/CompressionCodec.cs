namespace RaftStream.Records;

/// <summary>How a batch's records are compressed: the low three bits of the attributes.</summary>
public enum CompressionCodec : byte
{
    /// <summary>As they are.</summary>
    None = 0,

    /// <summary>RFC 1952.</summary>
    Gzip = 1,

    /// <summary>Snappy blocks, in the framing of the Java client ("xerial") or bare.</summary>
    Snappy = 2,

    /// <summary>The LZ4 frame format.</summary>
    Lz4 = 3,

    /// <summary>Zstandard frames (KIP-110).</summary>
    Zstd = 4,
}
