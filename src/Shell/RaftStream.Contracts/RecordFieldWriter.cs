using System.Buffers;
using RaftStream.Contracts.Wire;

namespace RaftStream.Contracts;

/// <summary>Encodes decoded records as a run of <c>records</c> fields of <c>PartitionRecords</c>, into one buffer.</summary>
/// <remarks>
/// Reusable: <see cref="Clear"/> keeps the memory. A record is begun with all its sizes known, so that nothing is moved:
/// first add up <see cref="HeaderSize"/> over the headers, then <see cref="BeginRecord"/>, then each header. One owner.
/// </remarks>
public sealed class RecordFieldWriter
{
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>The fields written since <see cref="Clear"/>, for <see cref="PartitionRecordsMessage.EncodedRecords"/>; valid until then.</summary>
    public ReadOnlyMemory<byte> Written => _output.WrittenMemory;

    /// <summary>Forgets what was written; keeps the memory.</summary>
    public void Clear() => _output.ResetWrittenCount();

    /// <summary>Bytes that one header adds to its record.</summary>
    public static int HeaderSize(int keyLength, int valueLength, bool valueIsNull) =>
        ProtoSize.Field(HeaderMessageSize(keyLength, valueLength, valueIsNull), evenIfEmpty: true);

    /// <summary>Writes a record without its headers, whose total size must be said and which must follow.</summary>
    public void BeginRecord(
        long offset,
        long timestampMs,
        ReadOnlySpan<byte> key,
        bool keyIsNull,
        ReadOnlySpan<byte> value,
        bool valueIsNull,
        int headersSize)
    {
        int size = ProtoSize.Field(offset) + ProtoSize.Field(timestampMs) + headersSize;
        size += keyIsNull ? 0 : ProtoSize.Field(key.Length, evenIfEmpty: true);
        size += valueIsNull ? 0 : ProtoSize.Field(value.Length, evenIfEmpty: true);
        int total = ProtoSize.Field(size, evenIfEmpty: true);
        var writer = new ProtoWriter(_output.GetSpan(total));
        writer.LengthPrefix(10, size);
        writer.Field(1, offset);
        writer.Field(2, timestampMs);
        if (!keyIsNull)
        {
            writer.FieldEvenIfEmpty(3, key);
        }

        if (!valueIsNull)
        {
            writer.FieldEvenIfEmpty(4, value);
        }

        _output.Advance(writer.Written);
    }

    /// <summary>Writes one header of the record that was begun last.</summary>
    public void Header(ReadOnlySpan<byte> keyUtf8, ReadOnlySpan<byte> value, bool valueIsNull)
    {
        int size = HeaderMessageSize(keyUtf8.Length, value.Length, valueIsNull);
        var writer = new ProtoWriter(_output.GetSpan(ProtoSize.Field(size, evenIfEmpty: true)));
        writer.LengthPrefix(5, size);
        writer.Field(1, keyUtf8);
        if (!valueIsNull)
        {
            writer.FieldEvenIfEmpty(2, value);
        }

        _output.Advance(writer.Written);
    }

    private static int HeaderMessageSize(int keyLength, int valueLength, bool valueIsNull) =>
        ProtoSize.Field(keyLength, evenIfEmpty: false) + (valueIsNull ? 0 : ProtoSize.Field(valueLength, evenIfEmpty: true));
}
