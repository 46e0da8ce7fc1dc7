using System.Buffers;
using Google.Protobuf;
using RaftStream.Broker.Replicas.Wire;
using RaftStream.Contracts;
using RaftStream.Contracts.Wire;
using RaftStream.Internal.V1;
using RaftStream.Model;
using RaftStream.Replication;

namespace RaftStream.Broker.Tests.Replicas;

/// <summary>The hand-written messages of replica.proto are those of the generated classes, in both directions; other bytes are refused.</summary>
public class ReplicaWireTests
{
    private const int Rounds = 500;

    [Fact]
    public void Fetches_are_written_as_the_generated_class_writes_them_and_read_back()
    {
        var prng = new Prng(1);
        for (int i = 0; i < Rounds; i++)
        {
            FollowerFetchesMessage message = RandomFetches(prng);

            byte[] bytes = Bytes(message.CalculateSize(), message.WriteTo);

            FollowerFetches generated = FollowerFetches.Parser.ParseFrom(bytes);
            Assert.Equal(generated.ToByteArray(), bytes);
            AssertSame(message, generated);
            var back = new FollowerFetchesMessage();
            back.ParseFrom(InPieces(bytes, prng));
            Assert.Equal((message.Replica, message.BrokerEpoch), (back.Replica, back.BrokerEpoch));
            Assert.Equal(message.Fetches, back.Fetches);
        }
    }

    [Fact]
    public void Answers_are_written_as_the_generated_class_writes_them_and_read_back()
    {
        var prng = new Prng(2);
        for (int i = 0; i < Rounds; i++)
        {
            FetchedPartitionMessage message = RandomAnswer(prng, out byte[] batches);

            byte[] bytes = Bytes(message.CalculateSize(), message.WriteTo);

            FetchedPartition generated = FetchedPartition.Parser.ParseFrom(bytes);
            Assert.Equal(generated.ToByteArray(), bytes);
            AssertSame(message, batches, generated);
            var back = new FetchedPartitionMessage();
            back.ParseFrom(InPieces(bytes, prng));
            Assert.Equal((message.Slot, message.Answer), (back.Slot, back.Answer));
            Assert.Equal(batches, back.Batches.ToArray());
            Assert.Null(back.Payload);
        }
    }

    [Fact]
    public void Damaged_fetches_are_refused_or_read_and_nothing_else_ever_happens()
    {
        var prng = new Prng(3);
        for (int i = 0; i < Rounds; i++)
        {
            FollowerFetchesMessage message = RandomFetches(prng);
            byte[] damaged = Damage(Bytes(message.CalculateSize(), message.WriteTo), prng);
            OnlyMalformed(() => new FollowerFetchesMessage().ParseFrom(new ReadOnlySequence<byte>(damaged)));
        }
    }

    [Fact]
    public void Damaged_answers_are_refused_or_read_and_nothing_else_ever_happens()
    {
        var prng = new Prng(4);
        for (int i = 0; i < Rounds; i++)
        {
            FetchedPartitionMessage message = RandomAnswer(prng, out _);
            byte[] damaged = Damage(Bytes(message.CalculateSize(), message.WriteTo), prng);
            OnlyMalformed(() => new FetchedPartitionMessage().ParseFrom(new ReadOnlySequence<byte>(damaged)));
        }
    }

    [Theory]
    [InlineData("offset")]
    [InlineData("flushed end")]
    [InlineData("flushed end behind the log")]
    [InlineData("log start")]
    [InlineData("log start behind the log")]
    [InlineData("partition")]
    [InlineData("last epoch")]
    [InlineData("topic id")]
    public void Positions_of_a_follower_that_cannot_be_are_refused(string what)
    {
        var fetch = new Internal.V1.PartitionFetch { TopicId = ByteString.CopyFrom(new byte[16]), Offset = 10, FlushedEnd = 5, LogStart = 1 };
        switch (what)
        {
            case "offset": (fetch.Offset, fetch.FlushedEnd, fetch.LogStart) = (-1, -1, -1); break;
            case "flushed end": fetch.FlushedEnd = -1; break;
            case "flushed end behind the log": fetch.FlushedEnd = 11; break;
            case "log start": fetch.LogStart = -1; break;
            case "log start behind the log": fetch.LogStart = 11; break;
            case "partition": fetch.Partition = -1; break;
            case "last epoch": fetch.LastFetchedEpochPlus1 = -1; break;
            default: fetch.TopicId = ByteString.CopyFrom(new byte[15]); break;
        }

        byte[] bytes = new FollowerFetches { Partitions = { fetch } }.ToByteArray();

        Assert.Throws<MalformedMessageException>(() => new FollowerFetchesMessage().ParseFrom(new ReadOnlySequence<byte>(bytes)));
    }

    [Theory]
    [InlineData("high watermark")]
    [InlineData("log start")]
    [InlineData("end")]
    [InlineData("epoch")]
    [InlineData("error")]
    public void Positions_of_a_leader_that_cannot_be_are_refused(string what)
    {
        var answer = new FetchedPartition { Diverging = true };
        switch (what)
        {
            case "high watermark": answer.HighWatermark = -1; break;
            case "log start": answer.LogStart = -1; break;
            case "end": answer.DivergingEnd = -1; break;
            case "epoch": answer.DivergingEpoch = -1; break;
            default: answer.Error = 1 << 16; break; // It would be none, cut to what an error code holds.
        }

        byte[] bytes = answer.ToByteArray();

        Assert.Throws<MalformedMessageException>(() => new FetchedPartitionMessage().ParseFrom(new ReadOnlySequence<byte>(bytes)));
    }

    [Fact]
    public void A_message_that_is_used_again_keeps_nothing_of_before()
    {
        var fetches = new FollowerFetchesMessage();
        FollowerFetchesMessage first = RandomFetches(new Prng(5));
        fetches.ParseFrom(new ReadOnlySequence<byte>(Bytes(first.CalculateSize(), first.WriteTo)));
        var answer = new FetchedPartitionMessage();
        FetchedPartitionMessage other = RandomAnswer(new Prng(5), out _);
        answer.ParseFrom(new ReadOnlySequence<byte>(Bytes(other.CalculateSize(), other.WriteTo)));

        fetches.ParseFrom(default);
        answer.ParseFrom(default);

        Assert.Equal((default, default, 0), (fetches.Replica, fetches.BrokerEpoch, fetches.Fetches.Count));
        Assert.Equal((0, default, 0L), (answer.Slot, answer.Answer, answer.Batches.Length));
    }

    private static FollowerFetchesMessage RandomFetches(Prng prng)
    {
        var message = new FollowerFetchesMessage { Replica = new NodeId(prng.Next(1000)), BrokerEpoch = new BrokerEpoch(Number(prng) - 1) };
        for (int i = prng.Next(5); i > 0; i--)
        {
            long end = Number(prng);
            var fetch = new FollowerFetch
            {
                Correlation = Number(prng),
                Replica = message.Replica,
                BrokerEpoch = message.BrokerEpoch,
                LeaderEpoch = new LeaderEpoch(prng.Next(100)),
                Offset = new Offset(end),
                LastFetchedEpoch = new LeaderEpoch(prng.Next(100) - 1),
                FlushedEnd = new Offset(prng.Next(0, end + 1)),
                LogStart = new Offset(prng.Next(0, end + 1)),
                KnownHighWatermark = new Offset(Number(prng)),
                KnownRound = Number(prng),
                IsProgressOnly = prng.OneIn(2),
            };
            message.Fetches.Add(new Broker.Replicas.Wire.PartitionFetch(
                prng.Next(1000), new TopicPartition(new TopicId(prng.NextGuid()), prng.Next(100)), fetch));
        }

        return message;
    }

    private static FetchedPartitionMessage RandomAnswer(Prng prng, out byte[] batches)
    {
        batches = new byte[prng.OneIn(2) ? 0 : prng.Next(5000)];
        prng.Fill(batches);
        return new FetchedPartitionMessage
        {
            Slot = prng.Next(1000),
            Answer = new FetchAnswer
            {
                Correlation = Number(prng),
                Error = (ErrorCode)(prng.Next(120) - 1),
                HighWatermark = new Offset(Number(prng)),
                LogStart = new Offset(Number(prng)),
                Round = Number(prng),
                Diverging = prng.OneIn(2) ? null : new EpochEndOffset(new LeaderEpoch(prng.Next(3)), new Offset(Number(prng))),
            },
            Payload = batches.Length == 0 && prng.OneIn(2) ? null : new Payload(batches),
        };
    }

    /// <summary>Of every length on the wire.</summary>
    private static long Number(Prng prng) => (long)(prng.NextUInt64() >> (1 + prng.Next(63)));

    private static void AssertSame(FollowerFetchesMessage message, FollowerFetches generated)
    {
        Assert.Equal((message.Replica.Value, message.BrokerEpoch.Value), (generated.ReplicaId, generated.BrokerEpoch));
        Assert.Equal(message.Fetches.Count, generated.Partitions.Count);
        foreach ((Broker.Replicas.Wire.PartitionFetch asked, Internal.V1.PartitionFetch other) in message.Fetches.Zip(generated.Partitions))
        {
            FollowerFetch fetch = asked.Fetch;
            Assert.Equal((asked.Slot, asked.Partition.Partition, fetch.Correlation), (other.Slot, other.Partition, other.Correlation));
            Assert.Equal(asked.Partition.TopicId.Value, new Guid(other.TopicId.Span, bigEndian: true));
            Assert.Equal((fetch.LeaderEpoch.Value, fetch.Offset.Value, fetch.LastFetchedEpoch.Value + 1), (other.LeaderEpoch, other.Offset, other.LastFetchedEpochPlus1));
            Assert.Equal((fetch.FlushedEnd.Value, fetch.LogStart.Value, fetch.KnownHighWatermark.Value), (other.FlushedEnd, other.LogStart, other.KnownHighWatermark));
            Assert.Equal((fetch.KnownRound, fetch.IsProgressOnly), (other.KnownRound, other.ProgressOnly));
        }
    }

    private static void AssertSame(FetchedPartitionMessage message, byte[] batches, FetchedPartition generated)
    {
        FetchAnswer answer = message.Answer;
        Assert.Equal((message.Slot, answer.Correlation, (int)answer.Error), (generated.Slot, generated.Correlation, generated.Error));
        Assert.Equal((answer.HighWatermark.Value, answer.LogStart.Value, answer.Round), (generated.HighWatermark, generated.LogStart, generated.Round));
        Assert.Equal(
            (answer.Diverging is not null, answer.Diverging?.Epoch.Value ?? 0, answer.Diverging?.EndOffset.Value ?? 0),
            (generated.Diverging, generated.DivergingEpoch, generated.DivergingEnd));
        Assert.Equal(batches, generated.Batches.ToByteArray());
    }

    private static byte[] Bytes(int size, Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        Assert.Equal(size, output.WrittenCount);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>The transport hands over what it has, in segments.</summary>
    private static ReadOnlySequence<byte> InPieces(byte[] bytes, Prng prng)
    {
        Piece first = new(ReadOnlyMemory<byte>.Empty, 0);
        Piece last = first;
        for (int at = 0; at < bytes.Length;)
        {
            int count = Math.Min(1 + prng.Next(40), bytes.Length - at);
            last = last.Then(bytes.AsMemory(at, count));
            at += count;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private static byte[] Damage(byte[] bytes, Prng prng)
    {
        byte[] damaged = bytes[..prng.Next(bytes.Length + 1)];
        for (int i = prng.Next(4); i > 0 && damaged.Length > 0; i--)
        {
            damaged[prng.Next(damaged.Length)] ^= (byte)(1 << prng.Next(8));
        }

        return damaged;
    }

    private static void OnlyMalformed(Action parse)
    {
        try
        {
            parse();
        }
        catch (MalformedMessageException)
        {
            // As it should be.
        }
    }

    private sealed class Payload(byte[] bytes) : IBatchPayload
    {
        public int Length => bytes.Length;

        public void CopyTo(IBufferWriter<byte> output) => output.Write(bytes);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Piece Then(ReadOnlyMemory<byte> memory)
        {
            var next = new Piece(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
