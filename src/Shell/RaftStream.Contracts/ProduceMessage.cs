using System.Buffers;
using RaftStream.Client.V1;
using RaftStream.Contracts.Wire;
using RaftStream.Rpc.Http2;

namespace RaftStream.Contracts;

/// <summary>
/// <c>ProduceRequest</c> of log.proto without the generated class's copy of the batch: read, it points into the
/// transport's memory; written, it copies the batch once, into the transport's buffer.
/// </summary>
/// <remarks>
/// Reusable: <see cref="ParseFrom"/> and the setters leave nothing of the message before. One owner; not thread-safe.
/// </remarks>
public sealed class ProduceMessage
{
    private ReadOnlySequence<byte> _withRecords;

    /// <summary>The topic, by name, id or both.</summary>
    public TopicField Topic { get; } = new();

    /// <summary>Partition, from 0; -1 lets the broker choose (records only).</summary>
    public int Partition { get; set; }

    /// <summary>When to answer. Any number may have been sent: check it.</summary>
    public Acks Acks { get; set; }

    /// <summary>Longest wait for the acknowledgement, milliseconds; 0 is the broker's default.</summary>
    public int TimeoutMs { get; set; }

    /// <summary>Comes back in the answer.</summary>
    public ulong CorrelationId { get; set; }

    /// <summary>
    /// One encoded record batch, or empty. After <see cref="ParseFrom"/> it borrows the parsed memory; before
    /// <see cref="WriteTo"/> it is the caller's memory, and must stay as it is until the write of the message completes:
    /// a transport may send it from where it lies.
    /// </summary>
    public ReadOnlySequence<byte> Batch { get; set; }

    /// <summary>Number of decoded records that came instead of a batch (read only: this class does not write them).</summary>
    public int RecordCount { get; private set; }

    /// <summary>The decoded records of a parsed message, in the order sent; borrowed like <see cref="Batch"/>.</summary>
    public RecordFields Records => new(_withRecords, RecordsField);

    private const int RecordsField = 7;

    /// <summary>Bytes that <see cref="WriteTo"/> will write.</summary>
    /// <exception cref="OverflowException">The message is larger than 2 GiB.</exception>
    public int CalculateSize() => checked(HeadSize() + (int)Batch.Length);

    /// <summary>Writes the message; byte for byte what the generated class writes for the same fields.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        int headSize = HeadSize();
        var writer = new ProtoWriter(output.GetSpan(headSize));
        int topicSize = Topic.Size;
        if (topicSize > 0)
        {
            writer.LengthPrefix(1, topicSize);
            Topic.WriteTo(ref writer);
        }

        writer.Field(2, Partition);
        writer.Field(3, (int)Acks);
        writer.Field(4, TimeoutMs);
        writer.Field(5, (long)CorrelationId);
        if (!Batch.IsEmpty)
        {
            writer.LengthPrefix(6, checked((int)Batch.Length));
        }

        output.Advance(writer.Written);
        foreach (ReadOnlyMemory<byte> piece in Batch)
        {
            output.WriteBorrowed(piece);
        }
    }

    /// <summary>Reads a whole message in place of this one.</summary>
    /// <param name="message">Borrowed: must stay as it is while <see cref="Batch"/> or <see cref="Records"/> are used.</param>
    /// <exception cref="MalformedMessageException">The bytes are not a <c>ProduceRequest</c>.</exception>
    public void ParseFrom(in ReadOnlySequence<byte> message)
    {
        Clear();
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out uint tag))
        {
            switch (tag)
            {
                case (1 << 3) | 2: Topic.MergeFrom(reader.ReadBytes()); break;
                case 2 << 3: Partition = reader.ReadInt32(); break;
                case 3 << 3: Acks = (Acks)reader.ReadInt32(); break;
                case 4 << 3: TimeoutMs = reader.ReadInt32(); break;
                case 5 << 3: CorrelationId = reader.ReadVarint(); break;
                case (6 << 3) | 2: Batch = reader.ReadBytes(); break;
                case (RecordsField << 3) | 2:
                    RecordField.Check(reader.ReadBytes());
                    _withRecords = message;
                    RecordCount++;
                    break;
                default: reader.Skip(tag); break;
            }
        }
    }

    /// <summary>Empties the message and lets go of borrowed memory.</summary>
    public void Clear()
    {
        Topic.Clear();
        (Partition, Acks, TimeoutMs, CorrelationId) = (0, default, 0, 0);
        Batch = default;
        _withRecords = default;
        RecordCount = 0;
    }

    private int HeadSize()
    {
        int topicSize = Topic.Size;
        int size = ProtoSize.Field(topicSize, evenIfEmpty: false);
        size += ProtoSize.Field(Partition) + ProtoSize.Field((int)Acks) + ProtoSize.Field(TimeoutMs);
        size += ProtoSize.Field((long)CorrelationId);
        return Batch.IsEmpty ? size : size + 1 + ProtoSize.Varint((ulong)Batch.Length);
    }
}
