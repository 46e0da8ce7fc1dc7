using System.Buffers;
using RaftStream.Contracts.Wire;

namespace RaftStream.Contracts;

/// <summary><c>ConsumeResponse</c> of log.proto: one partition's news.</summary>
/// <remarks>Reusable. One owner; not thread-safe.</remarks>
public sealed class ConsumeReply
{
    /// <summary>The news; always there (an empty message on the wire is one with defaults).</summary>
    public PartitionRecordsMessage Records { get; } = new();

    /// <summary>Bytes that <see cref="WriteTo"/> will write.</summary>
    public int CalculateSize() => ProtoSize.Field(Records.CalculateSize(), evenIfEmpty: true);

    /// <summary>Writes the message; byte for byte what the generated class writes for the same fields.</summary>
    public void WriteTo(IBufferWriter<byte> output) => NestedRecords.Write(Records, output);

    /// <summary>Reads a whole message in place of this one.</summary>
    /// <param name="message">Borrowed: must stay as it is while the records are used.</param>
    /// <exception cref="MalformedMessageException">The bytes are not a <c>ConsumeResponse</c>.</exception>
    public void ParseFrom(in ReadOnlySequence<byte> message)
    {
        Records.Clear();
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out uint tag))
        {
            if (tag == NestedRecords.Tag)
            {
                Records.MergeFrom(reader.ReadBytes());
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }
}
