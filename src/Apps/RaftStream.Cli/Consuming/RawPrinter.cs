using System.Buffers;
using System.Buffers.Text;
using RaftStream.Client;
using RaftStream.Records;

namespace RaftStream.Cli.Consuming;

/// <summary>The value as it is and a line feed; in front of it the fields that were asked for. Null prints as nothing.</summary>
internal sealed class RawPrinter(PrintedFields fields) : IRecordPrinter
{
    private const int LongestNumber = 20;

    /// <inheritdoc/>
    public void Print(NamedPartition partition, in RecordView record, IBufferWriter<byte> output)
    {
        if (fields.Partition)
        {
            WriteNumber(partition.Partition, output);
        }

        if (fields.Offset)
        {
            WriteNumber(record.Offset, output);
        }

        if (fields.Timestamp)
        {
            WriteNumber(record.TimestampMs, output);
        }

        if (fields.Headers)
        {
            WriteHeaders(record.Headers, output);
        }

        if (fields.Key)
        {
            output.Write(record.Key.Span);
            output.Write(fields.Separator);
        }

        output.Write(record.Value.Span);
        output.Write("\n"u8);
    }

    private void WriteNumber(long number, IBufferWriter<byte> output)
    {
        Utf8Formatter.TryFormat(number, output.GetSpan(LongestNumber), out int written);
        output.Advance(written);
        output.Write(fields.Separator);
    }

    private void WriteHeaders(RecordHeaders headers, IBufferWriter<byte> output)
    {
        bool isFirst = true;
        foreach (RecordHeaderView header in headers)
        {
            output.Write(isFirst ? ""u8 : ","u8);
            output.Write(header.Key);
            output.Write("="u8);
            output.Write(header.Value.Span);
            isFirst = false;
        }

        output.Write(fields.Separator);
    }
}
