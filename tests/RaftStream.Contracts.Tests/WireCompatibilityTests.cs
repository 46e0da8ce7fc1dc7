using System.Buffers;

using Google.Protobuf;
using RaftStream.Client.V1;
using RaftStream.Model;
using Record = RaftStream.Client.V1.Record;

namespace RaftStream.Contracts.Tests;

/// <summary>Hand-written and generated messages are the same on the wire, both ways.</summary>
public class WireCompatibilityTests
{
    [Fact]
    public void Produce_message_reads_what_the_generated_class_writes() => ForAnySeed.Check(prng =>
    {
        ProduceRequest expected = RandomMessages.Produce(prng);
        var message = Dirty<ProduceMessage>(prng, (m, bytes) => m.ParseFrom(bytes), RandomMessages.Produce(prng));

        message.ParseFrom(RandomMessages.Cut(expected.ToByteArray(), prng));

        Assert.Equal(Generated.Normal(expected), Generated.From(message));
    });

    [Fact]
    public void Produce_message_writes_the_same_bytes_as_the_generated_class() => ForAnySeed.Check(prng =>
    {
        ProduceRequest expected = Generated.Normal(RandomMessages.Produce(prng));
        expected.Records.Clear();
        var message = new ProduceMessage();
        message.ParseFrom(new ReadOnlySequence<byte>(expected.ToByteArray()));
        message.Batch = RandomMessages.Cut(expected.Batch.ToByteArray(), prng);

        byte[] bytes = Generated.Bytes(message.WriteTo, message.CalculateSize());

        Assert.Equal(expected.ToByteArray(), bytes);
    });

    [Fact]
    public void Produce_reply_is_the_generated_message_both_ways() => ForAnySeed.Check(prng =>
    {
        ProduceResponse expected = RandomMessages.ProduceResponse(prng);
        var reply = Dirty<ProduceReply>(prng, (m, bytes) => m.ParseFrom(bytes), RandomMessages.ProduceResponse(prng));

        reply.ParseFrom(RandomMessages.Cut(expected.ToByteArray(), prng));

        Assert.Equal(expected, Generated.From(reply));
        Assert.Equal(expected.ToByteArray(), Generated.Bytes(reply.WriteTo, reply.CalculateSize()));
    });

    [Fact]
    public void Fetch_reply_reads_what_the_generated_class_writes() => ForAnySeed.Check(prng =>
    {
        FetchResponse expected = RandomMessages.Fetch(prng);
        var reply = Dirty<FetchReply>(prng, (m, bytes) => m.ParseFrom(bytes), RandomMessages.Fetch(prng));

        reply.ParseFrom(RandomMessages.Cut(expected.ToByteArray(), prng));

        Assert.Equal(Generated.Normal(expected), Generated.From(reply));
    });

    [Fact]
    public void Fetch_reply_writes_the_same_bytes_as_the_generated_class() => ForAnySeed.Check(prng =>
    {
        FetchResponse expected = Generated.Normal(RandomMessages.Fetch(prng));
        var reply = new FetchReply();
        foreach (PartitionRecords records in expected.Partitions)
        {
            Fill(reply.Add(), records, prng);
        }

        byte[] bytes = Generated.Bytes(reply.WriteTo, reply.CalculateSize());

        Assert.Equal(expected.ToByteArray(), bytes);
    });

    [Fact]
    public void Consume_reply_is_the_generated_message_both_ways() => ForAnySeed.Check(prng =>
    {
        PartitionRecords expected = Generated.Normal(RandomMessages.PartitionRecords(prng));
        byte[] wire = new ConsumeResponse { Records = expected }.ToByteArray();
        var read = Dirty<ConsumeReply>(
            prng, (m, bytes) => m.ParseFrom(bytes), new ConsumeResponse { Records = RandomMessages.PartitionRecords(prng) });
        var written = new ConsumeReply();

        read.ParseFrom(RandomMessages.Cut(wire, prng));
        Fill(written.Records, expected, prng);

        Assert.Equal(expected, Generated.From(read.Records));
        Assert.Equal(wire, Generated.Bytes(written.WriteTo, written.CalculateSize()));
    });

    [Fact]
    public void Payload_from_elsewhere_is_written_like_batches()
    {
        var reply = new ConsumeReply();
        reply.Records.Payload = new Payload([1, 2, 3, 4]);
        byte[] expected = new ConsumeResponse { Records = new PartitionRecords { Batches = ByteString.CopyFrom(1, 2, 3, 4) } }.ToByteArray();

        byte[] bytes = Generated.Bytes(reply.WriteTo, reply.CalculateSize());

        Assert.Equal(expected, bytes);
    }

    [Fact]
    public void Fields_that_come_in_parts_merge_as_in_the_generated_class() => ForAnySeed.Check(prng =>
    {
        byte[] twice = [.. Batch().ToByteArray(), .. Batch().ToByteArray()];
        var message = new ProduceMessage();

        message.ParseFrom(RandomMessages.Cut(twice, prng));

        Assert.Equal(Generated.Normal(ProduceRequest.Parser.ParseFrom(twice)), Generated.From(message));

        ProduceRequest Batch()
        {
            ProduceRequest request = RandomMessages.Produce(prng);
            request.Records.Clear();
            return request;
        }
    });

    /// <summary>A reused message: what it held before must not shine through.</summary>
    private static T Dirty<T>(Prng prng, Action<T, ReadOnlySequence<byte>> parse, IMessage before)
        where T : new()
    {
        var message = new T();
        if (prng.OneIn(2))
        {
            parse(message, new ReadOnlySequence<byte>(before.ToByteArray()));
        }

        return message;
    }

    private static void Fill(PartitionRecordsMessage message, PartitionRecords from, Prng prng)
    {
        message.Topic.Set(from.Topic?.Name ?? "", TopicId.None);
        if (from.Topic?.Id.Length == 16)
        {
            message.Topic.Set(from.Topic.Name, new TopicId(new Guid(from.Topic.Id.Span, bigEndian: true)));
        }

        message.Partition = from.Partition;
        message.HighWatermark = from.HighWatermark;
        message.LastStableOffset = from.LastStableOffset;
        message.LogStartOffset = from.LogStartOffset;
        message.LeaderEpoch = from.LeaderEpoch;
        message.Error = from.Error;
        message.Diverging = from.Diverging;
        message.Batches = RandomMessages.Cut(from.Batches.ToByteArray(), prng);
        var records = new RecordFieldWriter();
        foreach (Record record in from.Records)
        {
            Write(records, record);
        }

        message.EncodedRecords = records.Written;
    }

    private static void Write(RecordFieldWriter writer, Record record)
    {
        int headersSize = record.Headers.Sum(
            h => RecordFieldWriter.HeaderSize(ByteString.CopyFromUtf8(h.Key).Length, h.Value.Length, !h.HasValue));
        writer.BeginRecord(
            record.Offset, record.TimestampMs, record.Key.Span, !record.HasKey, record.Value.Span, !record.HasValue, headersSize);
        foreach (Header header in record.Headers)
        {
            writer.Header(ByteString.CopyFromUtf8(header.Key).Span, header.Value.Span, !header.HasValue);
        }
    }

    private sealed class Payload(byte[] bytes) : IBatchPayload
    {
        public int Length => bytes.Length;

        public void CopyTo(IBufferWriter<byte> output) => output.Write(bytes);
    }
}
