using System.Buffers;
using RaftStream.Contracts.Wire;

namespace RaftStream.Contracts;

/// <summary>A <c>PartitionRecords</c> as field 1 of another message.</summary>
internal static class NestedRecords
{
    public const uint Tag = (1 << 3) | 2;

    public static void Write(PartitionRecordsMessage records, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var writer = new ProtoWriter(output.GetSpan(6));
        writer.LengthPrefix(1, records.CalculateSize());
        output.Advance(writer.Written);
        records.WriteTo(output);
    }
}
