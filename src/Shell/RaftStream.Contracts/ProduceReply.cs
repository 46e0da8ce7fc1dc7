using System.Buffers;
using RaftStream.Client.V1;
using RaftStream.Contracts.Wire;

namespace RaftStream.Contracts;

/// <summary><c>ProduceResponse</c> of log.proto in a reusable form: success costs no allocation on either side.</summary>
/// <remarks>One owner; not thread-safe.</remarks>
public sealed class ProduceReply
{
    /// <summary>The request's number.</summary>
    public ulong CorrelationId { get; set; }

    /// <summary>The partition that was appended to; tells the choice when the request left it to the broker.</summary>
    public int Partition { get; set; }

    /// <summary>Offset of the first record; -1 when not appended.</summary>
    public long BaseOffset { get; set; }

    /// <summary>Time set by the broker, milliseconds since 1970-01-01 UTC; -1 when the producer's time was kept.</summary>
    public long LogAppendTimeMs { get; set; }

    /// <summary>First kept offset of the partition; -1 when unknown.</summary>
    public long LogStartOffset { get; set; }

    /// <summary>Null is success.</summary>
    public Error? Error { get; set; }

    /// <summary>Bytes that <see cref="WriteTo"/> will write.</summary>
    public int CalculateSize() =>
        ProtoSize.Field((long)CorrelationId) + ProtoSize.Field(Partition) + ProtoSize.Field(BaseOffset)
        + ProtoSize.Field(LogAppendTimeMs) + ProtoSize.Field(LogStartOffset)
        + (Error is null ? 0 : ProtoSize.Field(Error.CalculateSize(), evenIfEmpty: true));

    /// <summary>Writes the message; byte for byte what the generated class writes.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        int size = CalculateSize();
        if (size == 0)
        {
            return;
        }

        var writer = new ProtoWriter(output.GetSpan(size));
        writer.Field(1, (long)CorrelationId);
        writer.Field(2, Partition);
        writer.Field(3, BaseOffset);
        writer.Field(4, LogAppendTimeMs);
        writer.Field(5, LogStartOffset);
        writer.Message(6, Error, Error?.CalculateSize() ?? 0);
        output.Advance(writer.Written);
    }

    /// <summary>Reads a whole message in place of this one; keeps nothing of <paramref name="message"/>.</summary>
    /// <exception cref="MalformedMessageException">The bytes are not a <c>ProduceResponse</c>.</exception>
    public void ParseFrom(in ReadOnlySequence<byte> message)
    {
        (CorrelationId, Partition, BaseOffset, LogAppendTimeMs, LogStartOffset, Error) = (0, 0, 0, 0, 0, null);
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out uint tag))
        {
            switch (tag)
            {
                case 1 << 3: CorrelationId = reader.ReadVarint(); break;
                case 2 << 3: Partition = reader.ReadInt32(); break;
                case 3 << 3: BaseOffset = reader.ReadInt64(); break;
                case 4 << 3: LogAppendTimeMs = reader.ReadInt64(); break;
                case 5 << 3: LogStartOffset = reader.ReadInt64(); break;
                case (6 << 3) | 2: Error = ColdFields.Merge(Error, reader.ReadBytes()); break;
                default: reader.Skip(tag); break;
            }
        }
    }
}
