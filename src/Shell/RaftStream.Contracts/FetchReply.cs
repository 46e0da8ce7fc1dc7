using System.Buffers;
using RaftStream.Contracts.Wire;

namespace RaftStream.Contracts;

/// <summary><c>FetchResponse</c> of log.proto: an answer per asked partition.</summary>
/// <remarks>Reusable: the partition messages are kept and used again. One owner; not thread-safe.</remarks>
public sealed class FetchReply
{
    private readonly List<PartitionRecordsMessage> _kept = [];

    /// <summary>Number of partitions in this reply.</summary>
    public int Count { get; private set; }

    /// <summary>The answer for the partition at <paramref name="index"/>, in [0, <see cref="Count"/>).</summary>
    public PartitionRecordsMessage this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            return _kept[index];
        }
    }

    /// <summary>Adds an empty answer and returns it to be filled.</summary>
    public PartitionRecordsMessage Add()
    {
        if (Count == _kept.Count)
        {
            _kept.Add(new PartitionRecordsMessage());
        }

        PartitionRecordsMessage records = _kept[Count++];
        records.Clear();
        return records;
    }

    /// <summary>Adds an answer that lies elsewhere; it is emptied with this reply.</summary>
    public void Add(PartitionRecordsMessage records)
    {
        ArgumentNullException.ThrowIfNull(records);
        _kept.RemoveRange(Count, _kept.Count - Count);
        _kept.Add(records);
        Count++;
    }

    /// <summary>Empties the reply and lets go of borrowed memory.</summary>
    public void Clear()
    {
        for (int i = 0; i < Count; i++)
        {
            _kept[i].Clear();
        }

        Count = 0;
    }

    /// <summary>Bytes that <see cref="WriteTo"/> will write.</summary>
    /// <exception cref="OverflowException">The message is larger than 2 GiB.</exception>
    public int CalculateSize()
    {
        int size = 0;
        for (int i = 0; i < Count; i++)
        {
            size = checked(size + ProtoSize.Field(_kept[i].CalculateSize(), evenIfEmpty: true));
        }

        return size;
    }

    /// <summary>Writes the message; byte for byte what the generated class writes for the same fields.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        for (int i = 0; i < Count; i++)
        {
            NestedRecords.Write(_kept[i], output);
        }
    }

    /// <summary>Reads a whole message in place of this one.</summary>
    /// <param name="message">Borrowed: must stay as it is while the records are used.</param>
    /// <exception cref="MalformedMessageException">The bytes are not a <c>FetchResponse</c>.</exception>
    public void ParseFrom(in ReadOnlySequence<byte> message)
    {
        Clear();
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out uint tag))
        {
            if (tag == NestedRecords.Tag)
            {
                Add().MergeFrom(reader.ReadBytes());
            }
            else
            {
                reader.Skip(tag);
            }
        }
    }
}
