using RaftStream.Contracts;
using RaftStream.Model;
using RaftStream.Records;
using RaftStream.Storage;

namespace RaftStream.Grpc;

/// <summary>Turns stored batches into decoded records for clients that want them so. Reusable; one owner.</summary>
internal sealed class RecordDecoder : IDisposable
{
    private readonly RecordBatchReader _reader;
    private readonly PooledBufferWriter _batches = new();
    private readonly RecordFieldWriter _fields = new();

    /// <param name="maxDecompressedBytes">Largest decompressed batch.</param>
    public RecordDecoder(int maxDecompressedBytes) => _reader = new RecordBatchReader(maxDecompressedBytes);

    /// <summary>The records as encoded fields; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Records => _fields.Written;

    /// <summary>Forgets the records of the call before.</summary>
    public void Clear() => _fields.Clear();

    /// <summary>Decodes the records of <paramref name="slice"/> from an offset on, until they have <paramref name="maxBytes"/>.</summary>
    /// <param name="maxBytes">At least one record is decoded in any case.</param>
    /// <param name="next">Where to read on.</param>
    /// <returns><see cref="ErrorCode.None"/>, or CORRUPT_MESSAGE and its like when the stored bytes are damaged.</returns>
    public ErrorCode Decode(in LogSlice slice, Offset from, int maxBytes, out Offset next)
    {
        _fields.Clear();
        _batches.Clear();
        Span<byte> bytes = _batches.GetSpan(slice.Length)[..slice.Length];
        slice.CopyTo(bytes, at: 0);
        ReadOnlySpan<byte> left = bytes;
        next = from;
        while (!left.IsEmpty)
        {
            RecordCheck check = _reader.Open(left, out RecordBatchHeader header, out RecordEnumerator records);
            if (check.IsValid && !header.IsControl)
            {
                while (records.MoveNext())
                {
                    RecordView record = records.Current;
                    if (record.Offset < from.Value)
                    {
                        continue;
                    }

                    if (_fields.Written.Length > 0 && _fields.Written.Length + record.Value.Length + record.Key.Length > maxBytes)
                    {
                        return ErrorCode.None;
                    }

                    Write(record);
                    next = new Offset(record.Offset + 1);
                }

                check = records.Check;
            }

            if (!check.IsValid)
            {
                return check.Error;
            }

            next = header.NextOffset;
            left = left[header.SizeInBytes..];
        }

        return ErrorCode.None;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _batches.Dispose();
    }

    private void Write(RecordView record)
    {
        int headersSize = 0;
        foreach (RecordHeaderView header in record.Headers)
        {
            headersSize += RecordFieldWriter.HeaderSize(header.Key.Length, header.Value.Length, header.Value.IsNull);
        }

        _fields.BeginRecord(
            record.Offset, record.TimestampMs, record.Key.Span, record.IsKeyNull, record.Value.Span, record.IsValueNull, headersSize);
        foreach (RecordHeaderView header in record.Headers)
        {
            _fields.Header(header.Key, header.Value.Span, header.Value.IsNull);
        }
    }
}
