using System.Buffers;
using Google.Protobuf;
using RaftStream.Client.V1;
using RaftStream.Model;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Contracts.Tests;

/// <summary>Generated messages with random content: absent, empty, small and large fields all come up.</summary>
internal static class RandomMessages
{
    public static ProduceRequest Produce(Prng prng)
    {
        var message = new ProduceRequest
        {
            Partition = Int32(prng),
            Acks = (Acks)(prng.OneIn(4) ? Int32(prng) : prng.Next(3)),
            TimeoutMs = Int32(prng),
            CorrelationId = (ulong)Int64(prng),
        };
        message.Topic = prng.OneIn(4) ? null : Topic(prng);
        if (prng.OneIn(2))
        {
            message.Batch = Bytes(prng);
        }
        else
        {
            message.Records.Add(Records(prng));
        }

        return message;
    }

    public static ProduceResponse ProduceResponse(Prng prng) => new()
    {
        CorrelationId = (ulong)Int64(prng),
        Partition = Int32(prng),
        BaseOffset = Int64(prng),
        LogAppendTimeMs = Int64(prng),
        LogStartOffset = Int64(prng),
        Error = Error(prng),
    };

    public static PartitionRecords PartitionRecords(Prng prng)
    {
        var message = new PartitionRecords
        {
            Topic = prng.OneIn(4) ? null : Topic(prng),
            Partition = Int32(prng),
            HighWatermark = Int64(prng),
            LastStableOffset = Int64(prng),
            LogStartOffset = Int64(prng),
            LeaderEpoch = Int32(prng),
            Error = Error(prng),
            Diverging = prng.OneIn(2) ? null : new DivergingEpoch { Epoch = Int32(prng), EndOffset = Int64(prng) },
        };
        if (prng.OneIn(2))
        {
            message.Batches = Bytes(prng);
        }
        else
        {
            message.Records.Add(Records(prng));
        }

        return message;
    }

    public static FetchResponse Fetch(Prng prng)
    {
        var message = new FetchResponse();
        for (int i = prng.Next(4); i > 0; i--)
        {
            message.Partitions.Add(PartitionRecords(prng));
        }

        return message;
    }

    public static List<Record> Records(Prng prng)
    {
        var records = new List<Record>();
        for (int i = prng.Next(4); i > 0; i--)
        {
            var record = new Record { Offset = Int64(prng), TimestampMs = Int64(prng) };
            if (!prng.OneIn(3))
            {
                record.Key = Bytes(prng);
            }

            if (!prng.OneIn(3))
            {
                record.Value = Bytes(prng);
            }

            for (int h = prng.Next(3); h > 0; h--)
            {
                var header = new Header { Key = Text(prng) };
                if (!prng.OneIn(3))
                {
                    header.Value = Bytes(prng);
                }

                record.Headers.Add(header);
            }

            records.Add(record);
        }

        return records;
    }

    /// <summary>The bytes as one piece or cut into small ones, as a pipe hands them out.</summary>
    public static ReadOnlySequence<byte> Cut(byte[] bytes, Prng prng)
    {
        if (bytes.Length == 0 || prng.OneIn(3))
        {
            return new ReadOnlySequence<byte>(bytes);
        }

        Piece? first = null;
        Piece? last = null;
        int at = 0;
        while (at < bytes.Length)
        {
            int length = Math.Min(bytes.Length - at, prng.Next(7));
            last = new Piece(bytes.AsMemory(at, length), last);
            first ??= last;
            at += length;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private static TopicRef Topic(Prng prng)
    {
        byte[] id = prng.OneIn(2) ? [] : new byte[16];
        prng.Fill(id);
        return new TopicRef { Name = Text(prng), Id = ByteString.CopyFrom(id) };
    }

    private static Error? Error(Prng prng) => prng.OneIn(2)
        ? null
        : new Error
        {
            Code = Int32(prng),
            Name = Text(prng),
            Message = Text(prng),
            Leader = prng.OneIn(2) ? null : new LeaderHint { NodeId = Int32(prng), Endpoint = Text(prng) },
        };

    private static string Text(Prng prng) =>
        new([.. Enumerable.Range(0, prng.OneIn(8) ? 300 : prng.Next(12)).Select(_ => (char)(prng.OneIn(9) ? 0x20AC : 'a' + prng.Next(26)))]);

    private static ByteString Bytes(Prng prng)
    {
        byte[] bytes = new byte[prng.OneIn(6) ? prng.Next(70_000) : prng.Next(40)];
        prng.Fill(bytes);
        return ByteString.CopyFrom(bytes);
    }

    private static int Int32(Prng prng) => (int)Int64(prng);

    private static long Int64(Prng prng) => prng.Next(4) switch
    {
        0 => 0,
        1 => -1,
        2 => prng.Next(1000),
        _ => (long)prng.NextUInt64() >> prng.Next(64),
    };

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
