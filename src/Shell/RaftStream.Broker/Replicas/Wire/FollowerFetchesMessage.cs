using System.Buffers;
using RaftStream.Contracts.Wire;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker.Replicas.Wire;

/// <summary><c>FollowerFetches</c> of replica.proto without an object per fetch. Reusable; one owner.</summary>
internal sealed class FollowerFetchesMessage
{
    private const int TopicIdBytes = 16;

    /// <summary>Who asks.</summary>
    public NodeId Replica { get; set; }

    /// <summary>Its registration.</summary>
    public BrokerEpoch BrokerEpoch { get; set; }

    /// <summary>What it asks.</summary>
    public List<PartitionFetch> Fetches { get; } = [];

    /// <summary>Bytes that <see cref="WriteTo"/> will write.</summary>
    public int CalculateSize()
    {
        int size = ProtoSize.Field(Replica.Value) + ProtoSize.Field(BrokerEpoch.Value);
        foreach (PartitionFetch fetch in Fetches)
        {
            size += ProtoSize.Field(SizeOf(fetch), evenIfEmpty: true);
        }

        return size;
    }

    /// <summary>Writes the message; byte for byte what the generated class writes for the same fields.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        var writer = new ProtoWriter(output.GetSpan(CalculateSize()));
        writer.Field(1, Replica.Value);
        writer.Field(2, BrokerEpoch.Value);
        foreach (PartitionFetch asked in Fetches)
        {
            Write(ref writer, asked);
        }

        output.Advance(writer.Written);
    }

    /// <summary>Reads a whole message in place of this one.</summary>
    /// <exception cref="MalformedMessageException">The bytes are not a <c>FollowerFetches</c>.</exception>
    public void ParseFrom(in ReadOnlySequence<byte> message)
    {
        (Replica, BrokerEpoch) = (default, default);
        Fetches.Clear();
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out uint tag))
        {
            switch (tag)
            {
                case 1 << 3: Replica = new NodeId(reader.ReadInt32()); break;
                case 2 << 3: BrokerEpoch = new BrokerEpoch(reader.ReadInt64()); break;
                case (3 << 3) | 2: Fetches.Add(Read(reader.ReadBytes())); break;
                default: reader.Skip(tag); break;
            }
        }
    }

    private static int SizeOf(in PartitionFetch asked)
    {
        FollowerFetch fetch = asked.Fetch;
        int size = ProtoSize.Field(asked.Slot) + ProtoSize.Field(TopicIdBytes, evenIfEmpty: true) + ProtoSize.Field(asked.Partition.Partition);
        size += ProtoSize.Field(fetch.Correlation) + ProtoSize.Field(fetch.LeaderEpoch.Value) + ProtoSize.Field(fetch.Offset.Value);
        size += ProtoSize.Field(fetch.LastFetchedEpoch.Value + 1) + ProtoSize.Field(fetch.FlushedEnd.Value) + ProtoSize.Field(fetch.LogStart.Value);
        return size + ProtoSize.Field(fetch.KnownHighWatermark.Value) + ProtoSize.Field(fetch.KnownRound) + (fetch.IsProgressOnly ? 2 : 0);
    }

    private static void Write(ref ProtoWriter writer, in PartitionFetch asked)
    {
        FollowerFetch fetch = asked.Fetch;
        Span<byte> topicId = stackalloc byte[TopicIdBytes];
        asked.Partition.TopicId.Value.TryWriteBytes(topicId, bigEndian: true, out _);
        writer.LengthPrefix(3, SizeOf(asked));
        writer.Field(1, asked.Slot);
        writer.FieldEvenIfEmpty(2, topicId);
        writer.Field(3, asked.Partition.Partition);
        writer.Field(4, fetch.Correlation);
        writer.Field(5, fetch.LeaderEpoch.Value);
        writer.Field(6, fetch.Offset.Value);
        writer.Field(7, fetch.LastFetchedEpoch.Value + 1);
        writer.Field(8, fetch.FlushedEnd.Value);
        writer.Field(9, fetch.LogStart.Value);
        writer.Field(10, fetch.KnownHighWatermark.Value);
        writer.Field(11, fetch.KnownRound);
        writer.Field(12, fetch.IsProgressOnly ? 1 : 0);
    }

    private PartitionFetch Read(in ReadOnlySequence<byte> message)
    {
        int slot = 0, partition = 0, epoch = 0, lastEpoch = 0;
        long correlation = 0, offset = 0, flushed = 0, start = 0, highWatermark = 0, round = 0;
        bool progressOnly = false;
        TopicId topic = TopicId.None;
        var reader = new ProtoReader(message);
        while (reader.TryReadTag(out uint tag))
        {
            switch (tag)
            {
                case 1 << 3: slot = reader.ReadInt32(); break;
                case (2 << 3) | 2: topic = ReadTopic(reader.ReadBytes()); break;
                case 3 << 3: partition = reader.ReadInt32(); break;
                case 4 << 3: correlation = reader.ReadInt64(); break;
                case 5 << 3: epoch = reader.ReadInt32(); break;
                case 6 << 3: offset = reader.ReadInt64(); break;
                case 7 << 3: lastEpoch = reader.ReadInt32(); break;
                case 8 << 3: flushed = reader.ReadInt64(); break;
                case 9 << 3: start = reader.ReadInt64(); break;
                case 10 << 3: highWatermark = reader.ReadInt64(); break;
                case 11 << 3: round = reader.ReadInt64(); break;
                case 12 << 3: progressOnly = reader.ReadVarint() != 0; break;
                default: reader.Skip(tag); break;
            }
        }

        var fetch = new FollowerFetch
        {
            Correlation = correlation,
            Replica = Replica,
            BrokerEpoch = BrokerEpoch,
            LeaderEpoch = new LeaderEpoch(epoch),
            Offset = new Offset(offset),
            LastFetchedEpoch = new LeaderEpoch(lastEpoch - 1),
            FlushedEnd = new Offset(flushed),
            LogStart = new Offset(start),
            KnownHighWatermark = new Offset(highWatermark),
            KnownRound = round,
            IsProgressOnly = progressOnly,
        };
        bool isSound = offset >= 0 && flushed >= 0 && flushed <= offset && start >= 0 && start <= offset && partition >= 0 && lastEpoch >= 0;
        return isSound
            ? new PartitionFetch(slot, new TopicPartition(topic, partition), fetch)
            : throw new MalformedMessageException("A follower's positions make no sense.");
    }

    private static TopicId ReadTopic(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.Length != TopicIdBytes)
        {
            throw new MalformedMessageException("A topic id has 16 bytes.");
        }

        Span<byte> id = stackalloc byte[TopicIdBytes];
        bytes.CopyTo(id);
        return new TopicId(new Guid(id, bigEndian: true));
    }
}

/// <summary>One partition's fetch on its way.</summary>
/// <param name="Slot">Names the partition on this stream.</param>
/// <param name="Partition">Topic id and number.</param>
/// <param name="Fetch">What is asked.</param>
internal readonly record struct PartitionFetch(int Slot, TopicPartition Partition, FollowerFetch Fetch);
