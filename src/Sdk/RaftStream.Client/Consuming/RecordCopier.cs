using System.Text;
using RaftStream.Records;

namespace RaftStream.Client.Consuming;

/// <summary>Copies records out of borrowed batches into arrays of the garbage collector, many to an array.</summary>
/// <remarks>
/// An array for each key and value would cost two headers and two allocations a record; one for a whole batch would end up
/// in the large object heap. So arrays of 32 KiB are filled one after the other; what does not fit has an array of its own.
/// </remarks>
internal sealed class RecordCopier
{
    private const int ArrayBytes = 32 * 1024;

    private static readonly IReadOnlyList<ConsumedHeader> NoHeaders = [];

    private byte[] _array = [];
    private int _used;

    /// <summary>A record that is safe to keep.</summary>
    public ConsumedRecord Copy(NamedPartition partition, in RecordView record) => new()
    {
        Partition = partition,
        Offset = record.Offset,
        TimestampMs = record.TimestampMs,
        Key = Copy(record.Key),
        Value = Copy(record.Value),
        Headers = record.Headers.Count == 0 ? NoHeaders : Copy(record.Headers),
    };

    private ReadOnlyMemory<byte>? Copy(OptionalBytes bytes)
    {
        if (bytes.IsNull)
        {
            return null;
        }

        ReadOnlySpan<byte> from = bytes.Span;
        if (from.Length > _array.Length - _used)
        {
            if (from.Length > ArrayBytes / 4)
            {
                return from.ToArray();
            }

            _array = GC.AllocateUninitializedArray<byte>(ArrayBytes);
            _used = 0;
        }

        var copy = new ReadOnlyMemory<byte>(_array, _used, from.Length);
        from.CopyTo(_array.AsSpan(_used));
        _used += from.Length;
        return copy;
    }

    private ConsumedHeader[] Copy(RecordHeaders headers)
    {
        var copies = new ConsumedHeader[headers.Count];
        int i = 0;
        foreach (RecordHeaderView header in headers)
        {
            copies[i++] = new ConsumedHeader(Encoding.UTF8.GetString(header.Key), Copy(header.Value));
        }

        return copies;
    }
}
