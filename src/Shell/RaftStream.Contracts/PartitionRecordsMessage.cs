using System.Buffers;
using RaftStream.Client.V1;
using RaftStream.Contracts.Wire;
using RaftStream.Model;

namespace RaftStream.Contracts;

/// <summary><c>PartitionRecords</c> of log.proto without a copy of the batches, on either side.</summary>
/// <remarks>
/// Reusable. The server sets either <see cref="Payload"/> or <see cref="Batches"/> or <see cref="EncodedRecords"/>; the
/// client finds <see cref="Batches"/> or <see cref="Records"/>. One owner; not thread-safe.
/// </remarks>
public sealed class PartitionRecordsMessage
{
    private const int BatchesField = 9;
    private const int RecordsField = 10;

    private ReadOnlySequence<byte> _withRecords;
    private ReadOnlySequence<byte> _received;
    private ReadOnlySequence<byte> _relayed;
    private bool _isWhole;

    /// <summary>The topic, by name, id or both.</summary>
    public TopicField Topic { get; } = new();

    /// <summary>Partition, from 0.</summary>
    public int Partition { get; set; }

    /// <summary>Exclusive end of what consumers may read; -1 when unknown.</summary>
    public long HighWatermark { get; set; }

    /// <summary>Exclusive end for readers of committed transactions; -1 when unknown.</summary>
    public long LastStableOffset { get; set; }

    /// <summary>First kept offset; -1 when unknown.</summary>
    public long LogStartOffset { get; set; }

    /// <summary>Epoch of the leader that answered.</summary>
    public int LeaderEpoch { get; set; }

    /// <summary>Null is success.</summary>
    public Error? Error { get; set; }

    /// <summary>Where the logs part (KIP-320), or null.</summary>
    public DivergingEpoch? Diverging { get; set; }

    /// <summary>The broker to read on from (KIP-392), or null; not together with records.</summary>
    public ReadReplica? ReadFrom { get; set; }

    /// <summary>Server: encoded batches that lie in a file; null is "see the other two". Read while written.</summary>
    public IBatchPayload? Payload { get; set; }

    /// <summary>
    /// Encoded batches, whole ones. Parsed, they borrow the parsed memory; before writing they are the writer's memory.
    /// </summary>
    public ReadOnlySequence<byte> Batches { get; set; }

    /// <summary>Server: decoded records as a run of encoded fields, made by <see cref="RecordFieldWriter"/>.</summary>
    public ReadOnlyMemory<byte> EncodedRecords { get; set; }

    /// <summary>Client: number of decoded records.</summary>
    public int RecordCount { get; private set; }

    /// <summary>Client: the decoded records; borrowed like <see cref="Batches"/>.</summary>
    public RecordFields Records => new(_withRecords, RecordsField);

    /// <summary>Bytes of batches or records in this message, for budgets.</summary>
    public int PayloadLength => checked(BatchesLength + EncodedRecords.Length);

    private int BatchesLength => Payload?.Length ?? checked((int)Batches.Length);

    /// <summary>Empties the message and lets go of borrowed memory.</summary>
    public void Clear()
    {
        Topic.Clear();
        (Partition, HighWatermark, LastStableOffset, LogStartOffset, LeaderEpoch) = (0, 0, 0, 0, 0);
        (Error, Diverging, ReadFrom, Payload, RecordCount) = (null, null, null, null, 0);
        Batches = default;
        EncodedRecords = default;
        _withRecords = _received = _relayed = default;
        _isWhole = true;
    }

    /// <summary>Written from now on byte for byte as it was received: nothing is encoded anew. Until <see cref="Clear"/>.</summary>
    /// <exception cref="MalformedMessageException">It came in several parts.</exception>
    public void Relay() => _relayed = _isWhole
        ? _received
        : throw new MalformedMessageException("A message that came in several parts cannot be relayed.");

    /// <summary>Bytes that <see cref="WriteTo"/> will write.</summary>
    /// <exception cref="OverflowException">The message is larger than 2 GiB.</exception>
    public int CalculateSize()
    {
        if (!_relayed.IsEmpty)
        {
            return checked((int)_relayed.Length);
        }

        int batches = BatchesLength;
        int head = HeadSize() + (batches == 0 ? 0 : 1 + ProtoSize.Varint((uint)batches));
        return checked(head + batches + EncodedRecords.Length);
    }

    /// <summary>Writes the message; byte for byte what the generated class writes for the same fields.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (!_relayed.IsEmpty)
        {
            output.Write(_relayed);
            return;
        }

        int batches = BatchesLength;
        var writer = new ProtoWriter(output.GetSpan(HeadSize() + 6));
        int topicSize = Topic.Size;
        if (topicSize > 0)
        {
            writer.LengthPrefix(1, topicSize);
            Topic.WriteTo(ref writer);
        }

        writer.Field(2, Partition);
        writer.Field(3, HighWatermark);
        writer.Field(4, LastStableOffset);
        writer.Field(5, LogStartOffset);
        writer.Field(6, LeaderEpoch);
        writer.Message(7, Error, Error?.CalculateSize() ?? 0);
        writer.Message(8, Diverging, Diverging?.CalculateSize() ?? 0);
        Invariant.Check(ReadFrom is null || PayloadLength == 0); // so that the fields are in their order
        writer.Message(11, ReadFrom, ReadFrom?.CalculateSize() ?? 0);
        if (batches > 0)
        {
            writer.LengthPrefix(BatchesField, batches);
        }

        output.Advance(writer.Written);
        if (Payload is not null)
        {
            Payload.CopyTo(output);
        }
        else
        {
            output.Write(Batches);
        }

        output.Write(EncodedRecords.Span);
    }

    /// <summary>Reads a whole message in place of this one.</summary>
    /// <param name="message">Borrowed: must stay as it is while <see cref="Batches"/> or <see cref="Records"/> are used.</param>
    /// <exception cref="MalformedMessageException">The bytes are not a <c>PartitionRecords</c>.</exception>
    public void ParseFrom(in ReadOnlySequence<byte> message)
    {
        Clear();
        MergeFrom(message);
    }

    internal void MergeFrom(in ReadOnlySequence<byte> message)
    {
        bool hadRecords = RecordCount > 0;
        _isWhole = _received.IsEmpty;
        _received = message;
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out uint tag))
        {
            switch (tag)
            {
                case (1 << 3) | 2: Topic.MergeFrom(reader.ReadBytes()); break;
                case 2 << 3: Partition = reader.ReadInt32(); break;
                case 3 << 3: HighWatermark = reader.ReadInt64(); break;
                case 4 << 3: LastStableOffset = reader.ReadInt64(); break;
                case 5 << 3: LogStartOffset = reader.ReadInt64(); break;
                case 6 << 3: LeaderEpoch = reader.ReadInt32(); break;
                case (7 << 3) | 2: Error = ColdFields.Merge(Error, reader.ReadBytes()); break;
                case (11 << 3) | 2: ReadFrom = ColdFields.Merge(ReadFrom, reader.ReadBytes()); break;
                case (8 << 3) | 2: Diverging = ColdFields.Merge(Diverging, reader.ReadBytes()); break;
                case (BatchesField << 3) | 2: Batches = reader.ReadBytes(); break;
                case (RecordsField << 3) | 2:
                    if (hadRecords)
                    {
                        throw new MalformedMessageException("The records of one partition come in two parts.");
                    }

                    RecordField.Check(reader.ReadBytes());
                    _withRecords = message;
                    RecordCount++;
                    break;
                default: reader.Skip(tag); break;
            }
        }
    }

    /// <summary>Bytes of all fields before the batches.</summary>
    private int HeadSize()
    {
        int size = ProtoSize.Field(Topic.Size, evenIfEmpty: false);
        size += ProtoSize.Field(Partition) + ProtoSize.Field(HighWatermark) + ProtoSize.Field(LastStableOffset);
        size += ProtoSize.Field(LogStartOffset) + ProtoSize.Field(LeaderEpoch);
        size += Error is null ? 0 : ProtoSize.Field(Error.CalculateSize(), evenIfEmpty: true);
        size += ReadFrom is null ? 0 : ProtoSize.Field(ReadFrom.CalculateSize(), evenIfEmpty: true);
        return size + (Diverging is null ? 0 : ProtoSize.Field(Diverging.CalculateSize(), evenIfEmpty: true));
    }
}
