using System.Buffers;
using System.Text.Json;
using RaftStream.Cli.Output;
using RaftStream.Client;
using RaftStream.Records;

namespace RaftStream.Cli.Consuming;

/// <summary>One JSON object per line and record.</summary>
internal sealed class JsonPrinter : IRecordPrinter, IDisposable
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, JsonOutput.Options);

    /// <inheritdoc/>
    public void Print(NamedPartition partition, in RecordView record, IBufferWriter<byte> output)
    {
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString("topic", partition.Topic);
        _json.WriteNumber("partition", partition.Partition);
        _json.WriteRecordFields(record);
        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n"u8);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();
}
