using System.Buffers;
using RaftStream.Client;
using RaftStream.Records;

namespace RaftStream.Cli.Consuming;

/// <summary>Turns records into bytes of the output.</summary>
internal interface IRecordPrinter
{
    /// <summary>Appends one record to <paramref name="output"/>.</summary>
    void Print(NamedPartition partition, in RecordView record, IBufferWriter<byte> output);
}
