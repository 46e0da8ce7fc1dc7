namespace RaftStream.Records;

/// <summary>Goes through the decompressed records of one batch; allocates nothing.</summary>
/// <remarks>
/// <c>while (records.MoveNext()) { ... }</c>, then look at <see cref="Check"/>: malformed records end it early. It is
/// no <c>foreach</c> on purpose, since that would walk a copy and lose the answer.
/// </remarks>
public ref struct RecordEnumerator
{
    private readonly ReadOnlySpan<byte> _records;
    private RecordCursor _cursor;
    private RecordView _current;

    /// <summary>Starts before the first record.</summary>
    /// <param name="header">Header of the batch.</param>
    /// <param name="records">Its records, decompressed: all bytes after the header when it has no codec.</param>
    public RecordEnumerator(scoped in RecordBatchHeader header, ReadOnlySpan<byte> records)
    {
        _records = records;
        _cursor = new RecordCursor(header);
    }

    /// <summary>The record that <see cref="MoveNext"/> came to.</summary>
    public readonly RecordView Current => _current;

    /// <summary>Valid unless something malformed ended the enumeration.</summary>
    public readonly RecordCheck Check => _cursor.Check;

    /// <summary>Steps to the next record.</summary>
    public bool MoveNext() => _cursor.TryRead(_records, out _current);
}
