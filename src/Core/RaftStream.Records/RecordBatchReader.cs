namespace RaftStream.Records;

/// <summary>Opens batches for reading, and keeps the buffer for decompressed records from one to the next.</summary>
/// <remarks>One owner; not thread-safe. Uncompressed records are read in place and nothing is allocated.</remarks>
public sealed class RecordBatchReader : IDisposable
{
    /// <summary>
    /// Default of the largest decompressed size, bytes: far above what producers batch, well below harm.
    /// </summary>
    public const int DefaultMaxDecompressedBytes = 64 * 1024 * 1024;

    private readonly PooledBufferWriter _decompressed = new();
    private readonly int _maxDecompressedBytes;

    /// <summary>A reader that refuses batches whose records are larger than the limit, decompressed.</summary>
    public RecordBatchReader(int maxDecompressedBytes = DefaultMaxDecompressedBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxDecompressedBytes);
        _maxDecompressedBytes = maxDecompressedBytes;
    }

    /// <summary>Opens the batch at the front of <paramref name="source"/>, its checksum verified.</summary>
    /// <param name="source">
    /// May go on after the batch: the next one begins at <see cref="RecordBatchHeader.SizeInBytes"/>.
    /// </param>
    /// <param name="records">Valid until the next call or <see cref="Dispose"/>, and as long as the source.</param>
    /// <returns><see cref="RecordFault.Truncated"/> when the source ends before the batch does.</returns>
    public RecordCheck Open(ReadOnlySpan<byte> source, out RecordBatchHeader header, out RecordEnumerator records)
    {
        RecordCheck check = RecordBatchIntegrity.Check(source, int.MaxValue, out header);
        ReadOnlySpan<byte> payload = default;
        if (check.IsValid)
        {
            check = Decompress(header, source[RecordBatchHeader.Size..header.SizeInBytes], out payload);
        }

        records = check.IsValid ? new RecordEnumerator(header, payload) : default;
        return check;
    }

    /// <summary>Gives the records of a batch, decompressed if need be.</summary>
    /// <param name="payload">The batch's bytes after the header.</param>
    /// <param name="records">
    /// The payload itself when there is no codec; else a buffer of this reader, valid until the next call.
    /// </param>
    public RecordCheck Decompress(
        scoped in RecordBatchHeader header, ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> records)
    {
        if (header.Codec == CompressionCodec.None)
        {
            records = payload;
            return RecordCheck.Valid;
        }

        _decompressed.Clear();
        RecordCheck check = CompressionCodecs.Decompress(header.Codec, payload, _decompressed, _maxDecompressedBytes);
        records = check.IsValid ? _decompressed.Written : default;
        return check;
    }

    /// <inheritdoc cref="Decompress(in RecordBatchHeader, ReadOnlySpan{byte}, out ReadOnlySpan{byte})"/>
    public RecordCheck Decompress(
        scoped in RecordBatchHeader header, ReadOnlyMemory<byte> payload, out ReadOnlyMemory<byte> records)
    {
        if (header.Codec == CompressionCodec.None)
        {
            records = payload;
            return RecordCheck.Valid;
        }

        RecordCheck check = Decompress(header, payload.Span, out _);
        records = check.IsValid ? _decompressed.Memory : default;
        return check;
    }

    /// <summary>Gives the buffer back. What was handed out must no longer be used; the reader may be.</summary>
    public void Dispose() => _decompressed.Dispose();
}
