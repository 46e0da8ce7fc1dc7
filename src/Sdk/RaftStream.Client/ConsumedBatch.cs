using RaftStream.Records;

namespace RaftStream.Client;

/// <summary>The records of one batch, borrowed: valid until the enumeration moves on, which uses this object again.</summary>
/// <remarks>Go through it with <c>foreach</c>; nothing is allocated for a record.</remarks>
public sealed class ConsumedBatch
{
    private RecordBatchHeader _header;
    private ReadOnlyMemory<byte> _records;

    internal ConsumedBatch()
    {
    }

    /// <summary>Where it was read.</summary>
    public NamedPartition Partition { get; private set; }

    /// <summary>Offset of the first record that is given: the position, or the batch's first when that is higher.</summary>
    public long FirstOffset { get; private set; }

    /// <summary>Offset of the batch's last record, and the position after this batch minus one.</summary>
    public long LastOffset => _header.LastOffset.Value;

    /// <summary>Records stored in the batch, those below <see cref="FirstOffset"/> included.</summary>
    public int StoredRecords => _header.RecordCount;

    /// <summary>Bytes of the records, decompressed.</summary>
    public int SizeInBytes => _records.Length;

    /// <summary>End, exclusive, of what could be read of the partition when this was sent.</summary>
    public long HighWatermark { get; private set; }

    /// <summary>The header of the batch as it is stored.</summary>
    public RecordBatchHeader Header => _header;

    /// <summary>All records of the batch, decompressed, as the format lays them out.</summary>
    internal ReadOnlyMemory<byte> Records => _records;

    /// <summary>Starts before the first record.</summary>
    public Enumerator GetEnumerator() => new(_header, _records.Span, FirstOffset);

    internal void Set(
        NamedPartition partition, in RecordBatchHeader header, ReadOnlyMemory<byte> records, long firstOffset, long highWatermark)
    {
        Partition = partition;
        _header = header;
        _records = records;
        FirstOffset = firstOffset;
        HighWatermark = highWatermark;
    }

    /// <summary>Steps from record to record.</summary>
    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _records;
        private readonly long _firstOffset;
        private RecordCursor _cursor;
        private RecordView _current;

        internal Enumerator(in RecordBatchHeader header, ReadOnlySpan<byte> records, long firstOffset)
        {
            _records = records;
            _firstOffset = firstOffset;
            _cursor = new RecordCursor(header);
        }

        /// <summary>The record that <see cref="MoveNext"/> came to, in the batch's memory.</summary>
        public readonly RecordView Current => _current;

        /// <summary>Steps to the next record.</summary>
        /// <exception cref="RaftStreamException">The records do not have the format's form.</exception>
        public bool MoveNext()
        {
            while (_cursor.TryRead(_records, out _current))
            {
                // A batch is sent whole even when the position lies in the middle of it.
                if (_current.Offset >= _firstOffset)
                {
                    return true;
                }
            }

            return _cursor.Check.IsValid
                ? false
                : throw new RaftStreamException(Model.ErrorCode.CorruptMessage, $"A batch cannot be read: {_cursor.Check.Reason}");
        }
    }
}
