using RaftStream.Model;

namespace RaftStream.Records;

/// <summary>Encodes records into one batch, again and again, without allocating once its buffer has grown.</summary>
/// <remarks>One owner; not thread-safe. Dispose gives the buffer back to the pool.</remarks>
public sealed class RecordBatchBuilder : IDisposable
{
    private readonly RecordBatchBuilderOptions _options;
    private readonly ICompressionCodec? _compressor;

    private readonly PooledBufferWriter _batch = new();
    private PooledBufferWriter? _compressed;

    private long _baseTimestamp;
    private long _maxTimestamp;
    private short _flags;
    private long _producerId;
    private short _producerEpoch;
    private int _baseSequence;

    /// <summary>An empty batch.</summary>
    /// <exception cref="ArgumentException">
    /// The codec cannot be written here: ask <see cref="CompressionCodecs.Check"/> first.
    /// </exception>
    public RecordBatchBuilder(RecordBatchBuilderOptions? options = null)
    {
        _options = options ?? RecordBatchBuilderOptions.Default;
        RecordCheck codecCheck = CompressionCodecs.Check(_options.Codec);
        if (!codecCheck.IsValid)
        {
            throw new ArgumentException(codecCheck.Reason, nameof(options));
        }

        _compressor = CompressionCodecs.Find(_options.Codec);
        Reset();
    }

    /// <summary>Records appended since the last <see cref="Reset"/>.</summary>
    public int RecordCount { get; private set; }

    /// <summary>Bytes of the batch if it were built now without compression, header included.</summary>
    public int SizeInBytes => Math.Max(_batch.Length, RecordBatchHeader.Size);

    /// <summary>Appends a record.</summary>
    /// <param name="timestampMs">Create time, ms since 1970; -1 is none.</param>
    /// <param name="headers">Written in this order.</param>
    /// <returns>
    /// False, with nothing changed, when the batch would pass <see cref="RecordBatchBuilderOptions.BatchBytes"/>. The
    /// first record of a batch is always taken.
    /// </returns>
    public bool TryAppend(
        long timestampMs, OptionalBytes key, OptionalBytes value, ReadOnlySpan<RecordHeader> headers = default)
    {
        long headersSize = headers.IsEmpty ? 0 : RecordEncoder.SizeOf(headers);
        if (!TryAppendUpToHeaders(timestampMs, key, value, headers.Length, headersSize))
        {
            return false;
        }

        if (!headers.IsEmpty)
        {
            int size = (int)headersSize;
            RecordEncoder.Write(_batch.GetSpan(size), headers);
            _batch.Advance(size);
        }

        return true;
    }

    /// <summary>
    /// Appends a copy of a record that was read from another batch: its timestamp, key, value and headers.
    /// </summary>
    /// <inheritdoc cref="TryAppend(long, OptionalBytes, OptionalBytes, ReadOnlySpan{RecordHeader})"/>
    public bool TryAppend(in RecordView record)
    {
        ReadOnlySpan<byte> headers = record.Headers.Encoded;
        if (!TryAppendUpToHeaders(record.TimestampMs, record.Key, record.Value, record.Headers.Count, headers.Length))
        {
            return false;
        }

        _batch.Write(headers);
        return true;
    }

    /// <summary>Makes this the control batch that ends a transaction. Set its producer too, with no sequence.</summary>
    /// <exception cref="InvalidOperationException">The batch is not empty.</exception>
    public void AppendMarker(long timestampMs, EndTransactionMarker marker)
    {
        if (RecordCount > 0)
        {
            throw new InvalidOperationException("A control batch holds nothing but one marker.");
        }

        Span<byte> key = stackalloc byte[EndTransactionMarker.KeySize];
        Span<byte> value = stackalloc byte[EndTransactionMarker.ValueSize];
        marker.Write(key, value);
        TryAppend(timestampMs, key, value);
        _flags |= RecordBatchHeader.ControlBit;
    }

    /// <summary>Says who writes the batch; may come before or after the records.</summary>
    /// <param name="baseSequence">
    /// Sequence of the first record; <see cref="RecordBatchHeader.NoSequence"/> for markers.
    /// </param>
    public void SetProducer(long producerId, short producerEpoch, int baseSequence, bool isTransactional = false)
    {
        _producerId = producerId;
        _producerEpoch = producerEpoch;
        _baseSequence = baseSequence;
        _flags = (short)(isTransactional
            ? _flags | RecordBatchHeader.TransactionalBit
            : _flags & ~RecordBatchHeader.TransactionalBit);
    }

    /// <summary>
    /// Sets when tombstones and markers of the batch may go (KIP-534); timestamps then count from that.
    /// </summary>
    /// <param name="horizonMs">Ms since 1970.</param>
    /// <exception cref="InvalidOperationException">The batch is not empty.</exception>
    public void SetDeleteHorizon(long horizonMs)
    {
        if (RecordCount > 0)
        {
            throw new InvalidOperationException("The delete horizon comes before the first record.");
        }

        _baseTimestamp = horizonMs;
        _flags |= RecordBatchHeader.DeleteHorizonBit;
    }

    /// <summary>Finishes the batch: compresses if so configured, writes header and checksum.</summary>
    /// <returns>
    /// The encoded batch, base offset 0; valid until the builder is used again. Records may follow and another Build.
    /// Without the codec when the records do not shrink by it.
    /// </returns>
    public ReadOnlyMemory<byte> Build() => Finish().Memory;

    /// <summary>Begins an empty batch without producer; keeps the memory.</summary>
    public void Reset()
    {
        RecordCount = 0;
        _batch.Clear();
        _baseTimestamp = 0;
        _maxTimestamp = RecordBatchHeader.NoTimestamp;
        _flags = 0;
        _producerId = RecordBatchHeader.NoProducerId;
        _producerEpoch = RecordBatchHeader.NoProducerEpoch;
        _baseSequence = RecordBatchHeader.NoSequence;
    }

    /// <summary>Gives the memory back to the pool; the builder is then empty and may be used again.</summary>
    public void Dispose()
    {
        Reset();
        _batch.Dispose();
        _compressed?.Dispose();
    }

    /// <summary>Appends all of a record but its headers, for which it leaves room in the record's length.</summary>
    private bool TryAppendUpToHeaders(
        long timestampMs, OptionalBytes key, OptionalBytes value, int headerCount, long headersSize)
    {
        if (RecordCount == 0 && (_flags & RecordBatchHeader.DeleteHorizonBit) == 0)
        {
            _baseTimestamp = timestampMs;
        }

        long timestampDelta = unchecked(timestampMs - _baseTimestamp);
        long length = RecordEncoder.SizeOf(timestampDelta, RecordCount, key, value, headerCount) + headersSize;
        long size = length + Varint.SizeOf(length);
        if (SizeInBytes + size > _options.BatchBytes && RecordCount > 0)
        {
            return false;
        }

        if (_batch.Length == 0)
        {
            Begin(size);
        }

        Span<byte> destination = _batch.GetSpan(checked((int)size));
        int written = Varint.Write(destination, (int)length);
        written += RecordEncoder.Write(destination[written..], timestampDelta, RecordCount, key, value, headerCount);
        _batch.Advance(written);

        _maxTimestamp = RecordCount == 0 ? timestampMs : Math.Max(_maxTimestamp, timestampMs);
        RecordCount++;
        return true;
    }

    private void Begin(long firstRecordSize)
    {
        int wanted = (int)Math.Min(RecordBatchHeader.Size + firstRecordSize, Array.MaxLength);
        _batch.GetSpan(wanted);
        _batch.Advance(RecordBatchHeader.Size);
    }

    private PooledBufferWriter Finish()
    {
        if (_batch.Length == 0)
        {
            Begin(firstRecordSize: 0);
        }

        PooledBufferWriter batch = _batch;
        CompressionCodec codec = CompressionCodec.None;
        if (_compressor is not null && RecordCount > 0 && Compress(_compressor).Length < _batch.Length)
        {
            batch = _compressed!;
            codec = _options.Codec;
        }

        WriteHeader(batch.Memory.Span, codec);
        return batch;
    }

    private PooledBufferWriter Compress(ICompressionCodec compressor)
    {
        _compressed ??= new PooledBufferWriter();
        _compressed.Clear();
        _compressed.GetSpan(RecordBatchHeader.Size);
        _compressed.Advance(RecordBatchHeader.Size);
        RecordCheck check = compressor.Compress(
            _batch.Written[RecordBatchHeader.Size..], _compressed, _options.CompressionLevel);
        Invariant.Check(check.IsValid); // the constructor saw that the codec is there, and its output has room
        return _compressed;
    }

    private void WriteHeader(Span<byte> batch, CompressionCodec codec)
    {
        new RecordBatchHeader
        {
            BaseOffset = Offset.Zero,
            PartitionLeaderEpoch = LeaderEpoch.Unknown,
            Magic = RecordBatchHeader.CurrentMagic,
            Attributes = (short)(_flags | (short)codec),
            LastOffsetDelta = RecordCount - 1,
            BaseTimestamp = _baseTimestamp,
            MaxTimestamp = _maxTimestamp,
            ProducerId = _producerId,
            ProducerEpoch = _producerEpoch,
            BaseSequence = _baseSequence,
            RecordCount = RecordCount,
        }.Seal(batch);
    }
}
